/**
 * Finding the index by itself: it announces itself on the local network, and a
 * peer finds it, by DNS-SD (RFC 6763) over multicast DNS (RFC 6762).
 *
 * @module
 */

export type { Address } from "../protocol/address.ts";
export { Announcer, type AnnouncerOptions } from "./announcer.ts";
export type { PlaceOptions } from "./announced_place.ts";
export type { ServiceOptions } from "./announced_service.ts";
export { type Attempt, nothingFound } from "./attempt.ts";
export { type Discovery, findIndexes, type FindOptions } from "./browser.ts";
export type { Clock } from "./clock.ts";
export type { FoundIndex } from "./found_index.ts";
export type {
  Family,
  InterfaceFilter,
  Link,
  LinkInterface,
  LinkSender,
  Network,
  OpenLinkOptions,
  TakeLinkDatagram,
} from "./link.ts";
export type { Subnet } from "./subnet.ts";
