/**
 * The tests of the original report, typed at the menu of real programs.
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Child } from "../child.ts";
import { permitted } from "../permission.ts";
import { PROCESSES, Site } from "./site.ts";

permitted(PROCESSES, "report test 1: peers register their files", async () => {
  await using site = await Site.start();
  await site.put("alice", "song.txt", "la la la\n");
  await site.put("bob", "poem.txt", "roses are red\n");
  const alice = await enter(site, "alice");
  const bob = await enter(site, "bob");
  await choose(alice, "R", "song.txt", "Registered song.txt as alice");
  await choose(bob, "r", "poem.txt", "Registered poem.txt as bob");
  assertEquals(await site.online(), ["alice/song.txt", "bob/poem.txt"]);
});

permitted(
  PROCESSES,
  "report test 2: the online list shows user and file",
  async () => {
    await using site = await Site.start();
    await site.put("alice", "song.txt", "la la la\n");
    const alice = await enter(site, "alice");
    const bob = await enter(site, "bob");
    await bob.type("O");
    await bob.until("List Empty");
    await choose(alice, "R", "1", "Registered song.txt as alice");
    await choose(bob, "O", "", "User: alice file: song.txt");
  },
);

permitted(
  PROCESSES,
  "report test 3: a downloader has the file and is a source of it",
  async () => {
    await using site = await Site.start();
    // Nothing in a file can look like its end: short runs, zeros, every byte.
    const content = new Uint8Array(1_000_003).map((_, i) => (i * i) >> 3);
    content.fill(0, 500_000, 600_000);
    await site.put("alice", "song.bin", content);
    const alice = await enter(site, "alice");
    const bob = await enter(site, "bob");
    await choose(alice, "R", "song.bin", "Registered song.bin as alice");
    await bob.type("O");
    await bob.until("What file do you want to download?");
    await bob.type("song.bin");
    await bob.until("Registered song.bin as bob");
    assertEquals(
      await Deno.readFile(`${await site.dir("bob")}/song.bin`),
      content,
    );
    assertEquals(await site.online(), ["alice/song.bin", "bob/song.bin"]);

    await alice.type("Q");
    await alice.end();
    const carol = await enter(site, "carol");
    await carol.type("O");
    await carol.until("User: bob file: song.bin");
    await carol.type("1");
    await carol.until("Registered song.bin as carol");
    assertEquals(
      await Deno.readFile(`${await site.dir("carol")}/song.bin`),
      content,
    );
  },
);

permitted(
  PROCESSES,
  "report test 4: a file is de-registered, one that is not there is an error",
  async () => {
    await using site = await Site.start();
    await site.put("alice", "song.txt", "la la la\n");
    const alice = await enter(site, "alice");
    await choose(alice, "R", "song.txt", "Registered song.txt as alice");
    await choose(alice, "T", "song.txt", "De-registered song.txt");
    assertEquals(await site.online(), []);
    await choose(alice, "T", "song.txt", "File does not exist");
  },
);

permitted(
  PROCESSES,
  "report test 5: a changed user name sticks, and T and Q reach what it registered",
  async () => {
    await using site = await Site.start();
    await site.put("alice", "song.txt", "la la la\n");
    await site.put("impostor", "song.txt", "something else\n");
    await site.put("impostor", "poem.txt", "roses are red\n");
    const alice = await enter(site, "alice");
    await choose(alice, "R", "song.txt", "Registered song.txt as alice");

    const other = await enter(site, "impostor", "alice");
    await choose(other, "R", "song.txt", "Pick another user name");
    await other.until("Please enter preferred username:");
    await other.type("Dante");
    await other.until("Registered song.txt as Dante");
    await choose(other, "R", "poem.txt", "Registered poem.txt as Dante");
    assertEquals(await site.online(), [
      "Dante/poem.txt",
      "Dante/song.txt",
      "alice/song.txt",
    ]);
    await choose(other, "T", "song.txt", "De-registered song.txt");
    assertEquals(await site.online(), ["Dante/poem.txt", "alice/song.txt"]);
    await other.type("Q");
    await other.until("Client Session Terminated");
    assertEquals((await other.end()).code, 0);
    assertEquals(await site.online(), ["alice/song.txt"]);
  },
);

permitted(
  PROCESSES,
  "report test 6: Q de-registers everything and ends the program",
  async () => {
    await using site = await Site.start();
    await site.put("alice", "song.txt", "la la la\n");
    await site.put("alice", "poem.txt", "roses are red\n");
    const alice = await enter(site, "alice");
    await choose(alice, "R", "song.txt", "Registered song.txt as alice");
    await choose(alice, "R", "poem.txt", "Registered poem.txt as alice");
    await alice.type("q");
    await alice.until("Client Session Terminated");
    assertEquals((await alice.end()).code, 0);
    assertEquals(await site.online(), []);
  },
);

permitted(
  PROCESSES,
  "the menu answers what it cannot use, and end of input means Q",
  async () => {
    await using site = await Site.start();
    await site.put("alice", "song.txt", "la la la\n");
    const alice = await site.menu("alice");
    await alice.until("Please enter preferred username:");
    await alice.type("a name that is far too long");
    await alice.until("longer than 16 bytes");
    await alice.type("alice");
    await alice.until("Please enter listening port number for the P2P server:");
    await alice.type("70000");
    await alice.until('Cannot use "70000" as a port');
    await alice.type("0");
    await alice.until("[Q] Quit the program");
    await alice.type("X");
    await alice.until("There is no choice");
    await choose(alice, "R", "../secret", "Cannot use");
    await choose(alice, "R", "absent.txt", "absent.txt");
    await choose(alice, "R", "song.txt", "Registered song.txt as alice");
    await alice.endInput();
    const { code, stdout, stderr } = await alice.end();
    assertStringIncludes(stdout, "Client Session Terminated");
    assertEquals([code, stderr], [0, ""]);
    assertEquals(await site.online(), []);
  },
);

/** Starts the interactive program and answers its first two questions. */
async function enter(
  site: Site,
  folder: string,
  user = folder,
): Promise<Child> {
  const peer = await site.menu(folder);
  await peer.until("Please enter preferred username:");
  await peer.type(user);
  await peer.until("Please enter listening port number for the P2P server:");
  await peer.type("0");
  await peer.until("[Q] Quit the program");
  return peer;
}

/** Makes a choice, answers the question that follows, and waits for the outcome. */
async function choose(
  peer: Child,
  letter: string,
  answer: string,
  outcome: string,
): Promise<void> {
  await peer.type(letter);
  await peer.type(answer);
  await peer.until(outcome);
}
