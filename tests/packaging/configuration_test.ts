import { assertEquals } from "@std/assert";
import {
  CONFIGURATION,
  configurationPage,
} from "../../packaging/configuration.ts";
import { permitted } from "../permission.ts";

permitted(
  { read: true },
  "docs/configuration.md has every option and its variable, and no other",
  async () => {
    const page = await Deno.readTextFile(CONFIGURATION);
    assertEquals(
      page,
      await configurationPage(page),
      "run deno run --allow-read --allow-write packaging/configuration.ts",
    );
  },
);
