// Sizes, rates and times, written for people.

const UNITS = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/** A number of bytes: `17 B`, `4.0 KiB`. */
export function bytesText(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value < 99.95 ? value.toFixed(1) : Math.round(value)} ${
    UNITS[unit]
  }`;
}

/** A span of time: `8 s`, `2:05 min`, `1:02 h`. */
export function timeText(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const two = (value) => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)} min`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)} h`;
}

const NUMBERS = new Intl.NumberFormat("en");

/** A count with its noun: `1 file`, `1,200 files`. */
export function countText(count, noun) {
  return `${NUMBERS.format(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A number with separators. */
export function numberText(count) {
  return NUMBERS.format(count);
}
