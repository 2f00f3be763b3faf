// What is measured, written for people.

import { numberText } from "../../../web/page/format.js";

/** 120, or 0.4 */
export function rate(value) {
  return value >= 10 || Number.isInteger(value)
    ? numberText(Math.round(value))
    : value.toFixed(1);
}

/** 12 µs, 3.4 ms, 1.2 s */
export function latency(ms) {
  if (ms === undefined || ms === 0) return "–";
  if (ms < 1) return `${short(ms * 1_000)} µs`;
  if (ms < 1_000) return `${short(ms)} ms`;
  return `${short(ms / 1_000)} s`;
}

/** 42 s, 3 min, 2 h */
export function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}

/** 192.0.2.1:6000 */
export function endpoint(address, port) {
  const host = address.includes(":") ? `[${address}]` : address;
  return port === 0 ? host : `${host}:${port}`;
}

function short(value) {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(2));
}
