/** What may be said of an option besides its flags and description. */
export interface OptionOptions<Required, Collect, Default, Value, Result> {
  /** Gather the values of all occurrences in an array. */
  collect?: Collect;
  /** The options that it excludes, without dashes. */
  conflicts?: string[];
  /** Its value where it is not given, or a function that makes it. */
  default?: Default | (() => Default);
  /** The options that it needs, without dashes. */
  depends?: string[];
  /** Leave it out of the help. */
  hidden?: boolean;
  /** It has to be given. */
  required?: Required;
  /** It has to be given alone. */
  standalone?: boolean;
  /** Makes the value that counts out of the one that was given. */
  value?: (value: Value, previous?: Result) => Result;
}
