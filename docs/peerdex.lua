-- Wireshark dissector for Peerdex: the index over UDP and the transfer of
-- content over TCP. docs/dissector.md says how to install and use it.
--
-- It is one file, so that installing it is copying it. Written for Wireshark and
-- tshark 4, tested with 4.0. SPDX-License-Identifier: MIT

local peerdex = Proto("peerdex", "Peerdex")

local INDEX_PORT = 60000
local PDU_BYTES = 101
local DATAGRAM_BYTES = 12 * PDU_BYTES
local NAME_BYTES = 822
local MAX_CONTENT_BYTES = 2 ^ 44
local MAX_PIECES = 2 ^ 20
local MAX_TIME_MS = 8.64e15
-- A client gives a request up after 15 s; the same number later is a new one.
local REPEAT_SECONDS = 60

-- ## Tables of the protocol

-- Every payload: field, offset, bytes, how it is shown. A row more in
-- protocol/layout.ts needs a row more here; the tests see to it.
local LAYOUTS = {
  REQUEST = {
    { "transaction", 0, 4, "transaction" },
    { "token", 4, 8, "opaque" },
    { "address", 12, 16, "address" },
    { "port", 28, 2, "port" },
    { "peer", 30, 16, "peer" },
    { "name", 46, 54, "name" },
  },
  LIST = {
    { "transaction", 0, 4, "transaction" },
    { "token", 4, 8, "opaque" },
    { "cursor", 12, 16, "bytes" },
    { "pages", 28, 2, "u16" },
    { "peer", 30, 16, "peer" },
    { "filter", 46, 54, "filter" },
  },
  RECORD = {
    { "transaction", 0, 4, "transaction" },
    { "size", 4, 8, "size" },
    { "address", 12, 16, "address" },
    { "port", 28, 2, "port" },
    { "peer", 30, 16, "peer" },
    { "name", 46, 54, "name" },
  },
  HELLO = {
    { "transaction", 0, 4, "transaction" },
    { "token", 4, 8, "opaque" },
    { "address", 12, 16, "address" },
    { "port", 28, 2, "port" },
    { "peer", 30, 16, "peer" },
    { "version", 46, 1, "version" },
    { "flags", 47, 1, "flags", { { "goodbye", 1 }, { "probe", 2 }, { "visit", 4 } } },
    { "lease", 48, 2, "seconds" },
    { "agent", 50, 50, "text" },
  },
  ACK = {
    { "transaction", 0, 4, "transaction" },
    { "token", 4, 8, "opaque" },
    { "address", 12, 16, "address" },
    { "port", 28, 2, "port" },
    { "lease", 30, 2, "seconds" },
    { "count", 32, 4, "u32" },
    { "cursor", 36, 16, "bytes" },
    { "text", 52, 48, "text" },
  },
  GRANT = {
    { "transaction", 0, 4, "transaction" },
    { "length", 4, 8, "u64" },
    { "address", 12, 16, "address" },
    { "port", 28, 2, "port" },
    { "lease", 30, 2, "seconds" },
    { "count", 32, 4, "u32" },
    { "cursor", 36, 16, "bytes" },
    { "text", 52, 48, "text" },
  },
  ERROR = {
    { "transaction", 0, 4, "transaction" },
    { "token", 4, 8, "opaque" },
    { "code", 12, 2, "code" },
    { "retry_after", 14, 2, "seconds" },
    { "text", 16, 84, "text" },
  },
  METADATA = {
    { "transaction", 0, 4, "transaction" },
    { "size", 4, 8, "size" },
    { "digest", 12, 32, "digest" },
    { "exponent", 44, 1, "exponent" },
    { "flags", 45, 1, "flags", { { "partial", 1 } } },
    { "modified", 46, 8, "time" },
    { "reserved", 54, 46, "reserved" },
  },
  NAME = {
    { "transaction", 0, 4, "transaction" },
    { "name", 4, 96, "part" },
  },
  KEY = {
    { "transaction", 0, 4, "transaction" },
    { "key", 4, 32, "bytes" },
    { "signature", 36, 64, "bytes" },
  },
  DOWNLOAD = {
    { "transaction", 0, 4, "transaction" },
    { "offset", 4, 8, "size" },
    { "length", 12, 8, "length" },
    { "kind", 20, 1, "kind" },
    { "exponent", 21, 1, "exponent" },
    { "version", 22, 1, "version" },
    { "following", 23, 1, "u8" },
    { "reserved", 24, 6, "reserved" },
    { "peer", 30, 16, "peer" },
    { "name", 46, 54, "name" },
  },
  CONTENT = {
    { "content", 0, 100, "bytes" },
  },
}

local ERRORS = {
  [1] = "MALFORMED",
  [2] = "UNSUPPORTED",
  [3] = "VERSION",
  [4] = "TOKEN",
  [5] = "SIGNATURE",
  [6] = "FORBIDDEN",
  [7] = "NAME_TAKEN",
  [8] = "NOT_FOUND",
  [9] = "FULL",
  [10] = "BUSY",
  [11] = "UNAVAILABLE",
  [12] = "CHANGED",
  [13] = "RANGE",
  [14] = "UNREADABLE",
}

local KINDS = { [0] = "CONTENT", [1] = "HASHES", [2] = "METADATA", [3] = "PIECES" }

-- What a message is called, how it is laid out, and what it cannot do without
-- (see NEEDS).
local function message(prefix, title, layout, needs)
  return { prefix = prefix, title = title, layout = LAYOUTS[layout], needs = needs or "" }
end

-- What a type byte means depends on where it is: S and O are a question or an
-- answer, A and E come from an index or from a content server.
local REQUESTS = {
  H = message("hello", "Hello", "HELLO", "peer"),
  R = message("register", "Register", "REQUEST", "peer name port metadata"),
  T = message("deregister", "De-register", "REQUEST", "peer name"),
  S = message("search", "Search", "REQUEST", "subject"),
  O = message("list", "List", "LIST"),
}
local REPLIES = {
  A = message("ack", "Acknowledgement", "ACK"),
  E = message("error", "Error", "ERROR"),
  S = message("source", "Source", "RECORD", "peer name port"),
  O = message("entry", "Entry", "RECORD", "peer name port"),
}
local TRANSFER = {
  D = message("download", "Download", "DOWNLOAD", "peer name"),
  A = message("grant", "Grant", "GRANT", "metadata"),
  E = REPLIES.E,
  C = message("content", "Content", "CONTENT"),
}
local CONTINUATIONS = {
  m = message("metadata", "Metadata", "METADATA"),
  n = message("name", "Name, continued", "NAME"),
  k = message("key", "Key", "KEY"),
}
local NEEDS = {
  peer = { "No peer name", function(seen) return seen.peer ~= "" end },
  name = { "No content name", function(seen) return seen.name ~= "" end },
  port = { "No port", function(seen) return seen.port ~= 0 end },
  metadata = { "No m", function(seen) return seen.metadata end },
  subject = {
    "Neither a name nor a digest",
    function(seen) return seen.name ~= "" or seen.digest end,
  },
}

-- ## Fields, experts and preferences

local fields = {
  type = ProtoField.string("peerdex.type", "Type"),
  unknown = ProtoField.bytes("peerdex.unknown", "Payload of a type that is not known"),
  fragment = ProtoField.bytes("peerdex.fragment", "Rest of a PDU whose start is not here"),
  -- Hidden, so that one filter finds a value wherever it is.
  transaction = ProtoField.uint32("peerdex.transaction", "Transaction"),
  peer = ProtoField.string("peerdex.peer", "Peer name"),
  content_name = ProtoField.string("peerdex.content_name", "Content name"),
  ipv4 = ProtoField.ipv4("peerdex.ipv4", "IPv4 address"),
  -- What the A of a page of the list has in the place of a lease and an address.
  page = ProtoField.uint16("peerdex.ack.page", "Page", base.DEC, nil, 0x7FFF),
  more = ProtoField.bool(
    "peerdex.ack.more", "Another page follows", 16, { "yes", "no" }, 0x8000),
  from = ProtoField.bytes("peerdex.ack.from", "Goes on from cursor"),
  -- Worked out, not on the wire.
  run_pdus = ProtoField.uint32("peerdex.content.pdus", "PDUs"),
  run_offset = ProtoField.uint64("peerdex.content.offset", "Offset"),
  run_length = ProtoField.uint64("peerdex.content.length", "Length"),
  request_in = ProtoField.framenum(
    "peerdex.request_in", "Request in", base.NONE, frametype.REQUEST),
  response_in = ProtoField.framenum(
    "peerdex.response_in", "Response in", base.NONE, frametype.RESPONSE),
  repeat_of = ProtoField.framenum("peerdex.repeat_of", "Repeats the request in", base.NONE),
  response_time = ProtoField.relative_time("peerdex.response_time", "Response time"),
}

local MAKERS = {
  u8 = ProtoField.uint8,
  u16 = ProtoField.uint16,
  port = ProtoField.uint16,
  u32 = ProtoField.uint32,
  u64 = ProtoField.uint64,
  transaction = ProtoField.uint32,
  size = ProtoField.uint64,
  length = ProtoField.uint64,
  exponent = ProtoField.uint8,
  version = ProtoField.uint8,
  seconds = ProtoField.uint16,
  address = ProtoField.ipv6,
  bytes = ProtoField.bytes,
  digest = ProtoField.bytes,
  reserved = ProtoField.bytes,
  peer = ProtoField.string,
  name = ProtoField.string,
  filter = ProtoField.string,
  part = ProtoField.string,
  text = ProtoField.string,
  opaque = function(abbr, title) return ProtoField.uint64(abbr, title, base.HEX) end,
  flags = function(abbr, title) return ProtoField.uint8(abbr, title, base.HEX) end,
  code = function(abbr, title) return ProtoField.uint16(abbr, title, base.DEC, ERRORS) end,
  kind = function(abbr, title) return ProtoField.uint8(abbr, title, base.DEC, KINDS) end,
  time = function(abbr, title) return ProtoField.absolute_time(abbr, title, base.UTC) end,
}

for _, group in ipairs({ REQUESTS, REPLIES, TRANSFER, CONTINUATIONS }) do
  for _, known in pairs(group) do
    for _, row in ipairs(known.layout) do
      local key = known.prefix .. "." .. row[1]
      local title = row[1]:sub(1, 1):upper() .. row[1]:sub(2):gsub("_", " ")
      fields[key] = fields[key] or MAKERS[row[4]]("peerdex." .. key, title)
      for _, flag in ipairs(row[5] or {}) do
        fields[key .. "." .. flag[1]] = ProtoField.bool(
          "peerdex." .. key .. "." .. flag[1], flag[1], 8, { "yes", "no" }, flag[2])
      end
    end
  end
end

for _, field in pairs(fields) do table.insert(peerdex.fields, field) end

local experts = {
  length = ProtoExpert.new(
    "peerdex.bad_length", "Not 1 to 12 whole PDUs: a receiver drops it",
    expert.group.MALFORMED, expert.severity.ERROR),
  padding = ProtoExpert.new(
    "peerdex.bad_padding", "Something other than NUL after the end",
    expert.group.MALFORMED, expert.severity.ERROR),
  text = ProtoExpert.new(
    "peerdex.bad_text", "Not UTF-8, or with a control character",
    expert.group.MALFORMED, expert.severity.ERROR),
  range = ProtoExpert.new(
    "peerdex.bad_value", "A value that the protocol does not allow",
    expert.group.MALFORMED, expert.severity.ERROR),
  odd = ProtoExpert.new(
    "peerdex.odd_value", "A value that is not known here",
    expert.group.PROTOCOL, expert.severity.WARN),
  unknown = ProtoExpert.new(
    "peerdex.unknown_type", "A type that is not known here",
    expert.group.UNDECODED, expert.severity.WARN),
  orphan = ProtoExpert.new(
    "peerdex.orphan", "A continuation that belongs to no message",
    expert.group.SEQUENCE, expert.severity.WARN),
  missing = ProtoExpert.new(
    "peerdex.missing", "Something is missing that the message needs",
    expert.group.MALFORMED, expert.severity.ERROR),
  reserved = ProtoExpert.new(
    "peerdex.reserved", "Reserved bytes that are not zero",
    expert.group.PROTOCOL, expert.severity.NOTE),
  refused = ProtoExpert.new(
    "peerdex.refused", "A request was refused",
    expert.group.RESPONSE_CODE, expert.severity.NOTE),
}
for _, known in pairs(experts) do table.insert(peerdex.experts, known) end

peerdex.prefs.udp_ports = Pref.range(
  "UDP ports of the index", tostring(INDEX_PORT), "Ports that index servers listen at", 65535)
peerdex.prefs.tcp_ports = Pref.range(
  "TCP ports of content servers", "",
  "Only needed where a capture starts in the middle of a transfer", 65535)

-- ## Bytes

-- Positions below count from 0, as in the tables; Lua's strings count from 1.
-- From 2^53 on a value is rounded, in every version of Lua.
local function unsigned(raw, at, bytes)
  local value = 0.0
  for i = at + 1, at + bytes do value = value * 256 + raw:byte(i) end
  return value
end

local function is_zero(raw) return not raw:find("[^\0]") end

-- Splits a text field into its text and what follows its end.
local function split_text(raw)
  local stop = raw:find("\0", 1, true)
  if not stop then return raw, "" end
  return raw:sub(1, stop - 1), raw:sub(stop)
end

local SECOND_BYTES = {
  [0xE0] = "[\160-\191]", [0xED] = "[\128-\159]",
  [0xF0] = "[\144-\191]", [0xF4] = "[\128-\143]",
}

local function is_utf8(text)
  local at = 1
  while at <= #text do
    local first = text:byte(at)
    local more = first < 0x80 and 0 or first < 0xC2 and -1 or first < 0xE0 and 1 or
      first < 0xF0 and 2 or first < 0xF5 and 3 or -1
    if more < 0 then return false end
    if more > 0 then
      local second = SECOND_BYTES[first] or "[\128-\191]"
      local rest = ("[\128-\191]"):rep(more - 1)
      if not text:find("^" .. second .. rest, at + 1) then return false end
    end
    at = at + more + 1
  end
  return true
end

-- Controls (C0, DEL, C1), line and paragraph separators, marks that reorder.
local UNPRINTABLE = {
  "%c", "\194[\128-\159]", "\226\128[\142\143\168-\174]", "\226\129[\166-\169]", "\216\156",
}

local function is_text(text)
  if not is_utf8(text) then return false end
  for _, pattern in ipairs(UNPRINTABLE) do
    if text:find(pattern) then return false end
  end
  return true
end

-- A stranger's text as it may be shown.
local function shown(text)
  if is_text(text) then return text end
  return (text:gsub("[^ -~]", function(byte) return ("\\x%02x"):format(byte:byte()) end))
end

-- A part of a name may begin and end inside a character.
local function shown_part(text)
  local first = text:find("[^\128-\191]") or 1
  for cut = 0, 3 do
    local whole = text:sub(first, #text - cut)
    if is_utf8(whole) then return shown(whole) end
  end
  return shown(text)
end

local function is_device(part)
  local stem = part:lower():match("^[^.:]*"):gsub(" +$", "")
  local port = stem:match("^com(.+)$") or stem:match("^lpt(.+)$")
  return ("|con|prn|aux|nul|conin$|conout$|"):find("|" .. stem .. "|", 1, true) ~= nil or
    port ~= nil and (port:find("^%d$") or port:find("^\194[\185\178\179]$")) ~= nil
end

-- Why a text is no content name. That it is in NFC cannot be seen from here.
local function name_fault(text)
  if text:find("^/") then return "An absolute name" end
  if text:find("^%a:") then return "A drive letter" end
  if text:find("\\", 1, true) then return "A backslash" end
  -- A name that ends with a slash is that of an empty folder.
  if not text:find("/$") then text = text .. "/" end
  for part in text:gmatch("([^/]*)/") do
    if part == "" then return "An empty part" end
    if #part > 255 then return "A part of more than 255 bytes" end
    if part:find("^[. ]+$") then return "A part of dots and spaces alone" end
    if is_device(part) then return "The name of a device on Windows" end
  end
end

local function human_bytes(bytes)
  local units = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" }
  local unit = 1
  while bytes >= 1024 and unit < #units do bytes, unit = bytes / 1024, unit + 1 end
  return ("%.4g %s"):format(bytes, units[unit])
end

-- ## Fields into the tree

local function add_text(tree, field, range, text, rest)
  local item = tree:add(field, range, shown(text))
  if not is_text(text) then item:add_proto_expert_info(experts.text) end
  if not is_zero(rest) then item:add_proto_expert_info(experts.padding) end
  return item
end

local function add_hidden(tree, field, ...) tree:add(field, ...):set_hidden() end

local function add_name(tree, field, range, raw, context)
  local text, rest = split_text(raw .. table.concat(context.parts))
  local item = add_text(tree, field, range, text, rest)
  if #context.parts > 0 then
    item:append_text((" (%d bytes in %d parts)"):format(#text, #context.parts + 1))
  end
  if #text > NAME_BYTES then
    item:add_proto_expert_info(experts.range, "Longer than 822 bytes")
  end
  context.name = text
  return item
end

local ADDERS = {}

function ADDERS.transaction(tree, field, range)
  add_hidden(tree, fields.transaction, range)
  return tree:add(field, range)
end

function ADDERS.address(tree, field, range, raw)
  local item = tree:add(field, range)
  if is_zero(raw) then return item:append_text(" (not given)") end
  if raw:sub(1, 12) == ("\0"):rep(10) .. "\255\255" then
    local ipv4 = range(12, 4)
    item:set_text(("Address: %s"):format(tostring(ipv4:ipv4())))
    add_hidden(tree, fields.ipv4, ipv4)
  end
  return item
end

function ADDERS.text(tree, field, range, raw)
  local text, rest = split_text(raw)
  return add_text(tree, field, range, text, rest)
end

function ADDERS.peer(tree, field, range, raw, context)
  local text, rest = split_text(raw)
  add_hidden(tree, fields.peer, range, shown(text))
  context.peer = text
  return add_text(tree, field, range, text, rest)
end

function ADDERS.name(tree, field, range, raw, context)
  local item = add_name(tree, field, range, raw, context)
  add_hidden(tree, fields.content_name, range, shown(context.name))
  local fault = context.name ~= "" and name_fault(context.name)
  if fault then item:add_proto_expert_info(experts.range, fault) end
  return item
end

ADDERS.filter = add_name

function ADDERS.part(tree, field, range, raw)
  return tree:add(field, range, shown_part((split_text(raw))))
end

function ADDERS.port(tree, field, range, raw, context)
  context.port = unsigned(raw, 0, 2)
  return tree:add(field, range)
end

function ADDERS.digest(tree, field, range, raw, context)
  local item = tree:add(field, range)
  context.digest = not is_zero(raw)
  context.digest_bytes = raw
  if not context.digest then item:append_text(" (not given)") end
  return item
end

function ADDERS.reserved(tree, field, range, raw)
  local item = tree:add(field, range)
  if not is_zero(raw) then item:add_proto_expert_info(experts.reserved) end
  return item
end

function ADDERS.seconds(tree, field, range)
  return tree:add(field, range):append_text(" s")
end

function ADDERS.size(tree, field, range, raw, context)
  local bytes = unsigned(raw, 0, 8)
  local item = tree:add(field, range):append_text((" (%s)"):format(human_bytes(bytes)))
  if bytes > MAX_CONTENT_BYTES then
    item:add_proto_expert_info(experts.range, "Over 16 TiB")
  end
  context.size = bytes
  return item
end

function ADDERS.length(tree, field, range, raw)
  local item = tree:add(field, range)
  if not raw:find("[^\255]") then item:append_text(" (to the end)") end
  return item
end

function ADDERS.exponent(tree, field, range, raw, context)
  local exponent = raw:byte()
  local item = tree:add(field, range)
  if exponent >= 18 and exponent <= 24 then
    item:append_text((" (%s)"):format(human_bytes(2 ^ exponent)))
    if context.size and context.size > MAX_PIECES * 2 ^ exponent then
      item:add_proto_expert_info(experts.range, "More than 2^20 pieces")
    end
  elseif exponent == 0 and context.pins then
    item:append_text(" (not given)")
  else
    item:add_proto_expert_info(experts.range, "Piece sizes are 2^18 to 2^24 bytes")
  end
  return item
end

function ADDERS.version(tree, field, range, raw)
  local item = tree:add(field, range)
  if raw:byte() ~= 1 then
    item:add_proto_expert_info(experts.odd, "Not version 1 of the protocol")
  end
  return item
end

function ADDERS.time(tree, field, range, raw)
  local ms = unsigned(raw, 0, 8)
  local seconds = math.floor(ms / 1000)
  -- Past the year 9999 Wireshark has nothing to show.
  local inside = seconds < 253402300800
  local time = NSTime.new(inside and seconds or 0, inside and (ms % 1000) * 1000000 or 0)
  local item = tree:add(field, range, time)
  if ms == 0 then item:append_text(" (not known)") end
  if not inside then item:append_text(" (after the year 9999)") end
  if ms > MAX_TIME_MS then item:add_proto_expert_info(experts.range, "Not a time") end
  return item
end

function ADDERS.kind(tree, field, range, raw)
  local item = tree:add(field, range)
  if not KINDS[raw:byte()] then item:add_proto_expert_info(experts.odd) end
  return item
end

function ADDERS.code(tree, field, range, raw, context)
  local code = unsigned(raw, 0, 2)
  context.code = ERRORS[code] or ("%d"):format(code)
  local item = tree:add(field, range)
  item:add_proto_expert_info(experts.refused, "Refused: " .. context.code)
  return item
end

local function add_plain(tree, field, range) return tree:add(field, range) end

local function add_payload(tree, known, tvb, at, context)
  tree:add(fields.type, tvb(at, 1))
  for _, row in ipairs(known.layout) do
    local key = known.prefix .. "." .. row[1]
    local range = tvb(at + 1 + row[2], row[3])
    local add = ADDERS[row[4]] or add_plain
    local item = add(tree, fields[key], range, range:raw(), context)
    for _, flag in ipairs(row[5] or {}) do
      item:add(fields[key .. "." .. flag[1]], range)
    end
  end
end

-- ## Messages

-- What is remembered across the frames of a capture. Wireshark shows a frame
-- again and again; what depends on its neighbours is found out the first time
-- and kept under the frame and the place in it.
local memory

function peerdex.init() memory = { places = {}, requests = {}, streams = {} } end

local function remembered(pinfo, tvb, at, find)
  local place = ("%d/%d/%d/%s"):format(pinfo.number, tvb:offset(), tvb:len(), at)
  if not pinfo.visited then memory.places[place] = find() end
  return memory.places[place]
end

local function exchange(client, server, transaction)
  return ("%s>%s#%d"):format(client, server, transaction)
end

local function note_request(pinfo, key, type)
  local before = memory.requests[key]
  local request = { frame = pinfo.number, time = pinfo.rel_ts, type = type }
  if before and request.time - before.first <= REPEAT_SECONDS then
    request.repeat_of = before.frame
  end
  request.first = request.repeat_of and before.first or request.time
  memory.requests[key] = request
  return request
end

local function note_reply(pinfo, key)
  local request = memory.requests[key]
  if not request then return nil end
  request.reply = request.reply or pinfo.number
  return { request = request, seconds = pinfo.rel_ts - request.time }
end

local function add_request_links(tree, request)
  if not request then return end
  if request.repeat_of then tree:add(fields.repeat_of, request.repeat_of):set_generated() end
  if request.reply then tree:add(fields.response_in, request.reply):set_generated() end
end

local function add_reply_links(tree, reply)
  if not reply then return end
  tree:add(fields.request_in, reply.request.frame):set_generated()
  local microseconds = math.floor(reply.seconds * 1e6 + 0.5)
  local time = NSTime.new(
    math.floor(microseconds / 1000000), microseconds % 1000000 * 1000)
  tree:add(fields.response_time, time):set_generated()
end

local function add_page(tree, payload)
  local mark = payload(30, 2)
  tree:add(fields.page, mark)
  tree:add(fields.more, mark)
  if mark:uint() % 0x8000 > 0 then tree:add(fields.from, payload(12, 16)) end
end

local function is_continuation(type) return type:find("^%l$") ~= nil end

local function type_at(tvb, at) return tvb:raw(at, 1) end

-- Where the message at `at` ends: after the continuations that follow it.
local function message_end(tvb, at)
  local stop = at + PDU_BYTES
  while stop + PDU_BYTES <= tvb:len() and is_continuation(type_at(tvb, stop)) do
    stop = stop + PDU_BYTES
  end
  return stop
end

local function add_unknown(tree, tvb, at, type)
  tree:add(fields.type, tvb(at, 1), shown(type))
  tree:add(fields.unknown, tvb(at + 1, PDU_BYTES - 1))
  tree:add_proto_expert_info(experts.unknown)
end

-- Shows a continuation, and notes in the context of its message what it adds.
local function add_continuation(tree, tvb, at, context)
  local type = type_at(tvb, at)
  local known = CONTINUATIONS[type]
  local title = ("%s: %s"):format(shown(type), known and known.title or "Unknown")
  local branch = tree:add(peerdex, tvb(at, PDU_BYTES), title)
  if not known then return add_unknown(branch, tvb, at, type) end
  if tvb:raw(at + 1, 4) ~= context.transaction then
    branch:add_proto_expert_info(experts.orphan)
    context = { parts = {}, pins = true }
  elseif type == "m" then
    -- A second m is ignored.
    if context.metadata then context = { parts = {}, pins = true } end
    context.metadata = true
  end
  add_payload(branch, known, tvb, at, context)
end

local NOTHING_DIGEST = ByteArray.new(
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"):raw()

-- A name that ends with a slash is that of an empty folder.
local function check_folder(branch, context)
  if not (context.name or ""):find("/$") then return end
  local digest = context.metadata and not context.pins and context.digest_bytes
  if (context.size or 0) > 0 or digest and digest ~= NOTHING_DIGEST then
    branch:add_proto_expert_info(experts.range, "A folder that has a content")
  end
end

local function check_needs(branch, known, context)
  for need in known.needs:gmatch("%a+") do
    local text, is_met = NEEDS[need][1], NEEDS[need][2]
    if not is_met(context) then branch:add_proto_expert_info(experts.missing, text) end
  end
end

local function summary_of(type, known, context)
  local words = { known and known.title or "Unknown " .. shown(type) }
  if context.code then table.insert(words, context.code) end
  if context.name and context.name ~= "" then
    local name = shown(context.name)
    table.insert(words, #name > 80 and shown_part(name:sub(1, 77)) .. "…" or name)
  end
  if context.peer and context.peer ~= "" then
    table.insert(words, "of " .. shown(context.peer))
  end
  return table.concat(words, " ")
end

-- Shows the message of [at, stop). Returns a word on it, and its branch.
local function add_message(tree, tvb, at, stop, known)
  local type = type_at(tvb, at)
  local context = {
    transaction = tvb:raw(at + 1, 4),
    parts = {},
    -- In these an m says no more than which digest is meant.
    pins = known == REQUESTS.S or known == TRANSFER.D,
  }
  for pdu = at + PDU_BYTES, stop - PDU_BYTES, PDU_BYTES do
    if type_at(tvb, pdu) == "n" and tvb:raw(pdu + 1, 4) == context.transaction then
      table.insert(context.parts, tvb:raw(pdu + 5, 96))
    end
  end
  local branch = tree:add(peerdex, tvb(at, stop - at))
  if known then
    add_payload(branch, known, tvb, at, context)
  else
    add_unknown(branch, tvb, at, type)
  end
  for pdu = at + PDU_BYTES, stop - PDU_BYTES, PDU_BYTES do
    add_continuation(branch, tvb, pdu, context)
  end
  if known then
    check_needs(branch, known, context)
    check_folder(branch, context)
  end
  local summary = summary_of(type, known, context)
  branch:set_text(("%s: %s"):format(shown(type), summary))
  return summary, branch
end

local function add_orphan(tree, tvb, at)
  add_continuation(tree, tvb, at, { parts = {}, pins = true })
end

local function summarise(pinfo, words)
  pinfo.cols.protocol:set("Peerdex")
  if #words == 0 then return end
  local text = table.concat(words, ", ", 1, math.min(#words, 3))
  if #words > 3 then text = ("%s, %d more"):format(text, #words - 3) end
  -- A frame that ends one segment's PDU and brings others comes here twice.
  if pinfo.private.peerdex then
    pinfo.cols.info:append(", " .. text)
  else
    pinfo.cols.info:set(text)
  end
  pinfo.private.peerdex = "shown"
end

-- ## UDP

-- The index opens whatever it says with A or E, which no peer ever sends. Where
-- there is neither of them nor anything that only peers send, the port tells.
local function is_reply(tvb, pinfo)
  for at = 0, tvb:len() - PDU_BYTES, PDU_BYTES do
    local type = type_at(tvb, at)
    local asked, answered = REQUESTS[type] ~= nil, REPLIES[type] ~= nil
    if asked ~= answered then return answered end
  end
  return pinfo.src_port == INDEX_PORT and pinfo.dst_port ~= INDEX_PORT
end

local function dissect_datagram(tvb, pinfo, root)
  local tree = root:add(peerdex, tvb())
  local reply = is_reply(tvb, pinfo)
  local source = ("%s:%d"):format(tostring(pinfo.src), pinfo.src_port)
  local target = ("%s:%d"):format(tostring(pinfo.dst), pinfo.dst_port)
  tree:append_text(reply and ", from the index" or ", to the index")
  -- A capture may have kept less than was sent.
  local length = tvb:reported_len()
  if length % PDU_BYTES ~= 0 or length > DATAGRAM_BYTES then
    local text = "%d bytes are not 1 to 12 whole PDUs: a receiver drops them"
    tree:add_proto_expert_info(experts.length, text:format(length))
  end
  local words = {}
  local at = 0
  while at + PDU_BYTES <= tvb:len() do
    local type = type_at(tvb, at)
    if is_continuation(type) then
      add_orphan(tree, tvb, at)
      at = at + PDU_BYTES
    else
      local stop = message_end(tvb, at)
      local known = (reply and REPLIES or REQUESTS)[type]
      local word, branch = add_message(tree, tvb, at, stop, known)
      table.insert(words, word)
      local transaction = tvb(at + 1, 4):uint()
      if not reply then
        add_request_links(branch, remembered(pinfo, tvb, at, function()
          return note_request(pinfo, exchange(source, target, transaction), type)
        end))
      elseif type == "A" or type == "E" then
        local answer = remembered(pinfo, tvb, at, function()
          return note_reply(pinfo, exchange(target, source, transaction))
        end)
        add_reply_links(branch, answer)
        if type == "A" and answer and answer.request.type == "O" then
          add_page(branch, tvb(at + 1, PDU_BYTES - 1))
        end
      end
      at = stop
    end
  end
  if at < tvb:len() then tree:add(fields.fragment, tvb(at)) end
  summarise(pinfo, words)
  return tvb:len()
end

-- ## TCP

local tcp_stream = Field.new("tcp.stream")

local function stream_state(pinfo)
  local all = { tcp_stream() }
  local number = #all > 0 and all[#all].value or 0
  memory.streams[number] = memory.streams[number] or { number = number, aligned = {} }
  return memory.streams[number]
end

-- Whether PDUs start at `at`: that the first does is taken on trust only where
-- it is the first byte, or where others follow it.
local function is_aligned(tvb, at)
  if at > 0 and at + PDU_BYTES >= tvb:len() then return false end
  for pdu = at, math.min(tvb:len() - 1, at + 8 * PDU_BYTES), PDU_BYTES do
    local type = type_at(tvb, pdu)
    local known = TRANSFER[type] or is_continuation(type) or pdu == 0 and type:find("^%u$")
    if not known then return false end
  end
  return true
end

local function sender_of(pinfo) return ("%s:%d"):format(tostring(pinfo.src), pinfo.src_port) end

-- Where the first PDU starts: a capture may begin in the middle of one.
local function find_start(tvb, pinfo, stream)
  local sender = sender_of(pinfo)
  if stream.aligned[sender] then return 0 end
  for at = 0, math.min(PDU_BYTES - 1, tvb:len() - 1) do
    if is_aligned(tvb, at) then
      stream.aligned[sender] = true
      return at
    end
  end
  return tvb:len()
end

-- Bytes that the message at `at` takes, or would take once they are all here.
local function bytes_needed(tvb, at)
  local here = tvb:len() - at
  if here < PDU_BYTES then return PDU_BYTES end
  local type = type_at(tvb, at)
  if type == "D" then
    local following = tvb(at + 24, 1):uint()
    -- A client that does not count them: what has arrived with it is its own.
    if following == 0 then return message_end(tvb, at) - at end
    return (1 + math.min(following, 9)) * PDU_BYTES
  end
  if type ~= "A" then return PDU_BYTES end
  -- A grant is an A and its m, and what an older client skips between them.
  local stop = at + PDU_BYTES
  while stop < tvb:len() do
    local next = type_at(tvb, stop)
    if not is_continuation(next) then return stop - at end
    stop = stop + PDU_BYTES
    if next == "m" then return stop - at end
  end
  return stop - at + PDU_BYTES
end

local function add_download(tree, tvb, at, pinfo, stream)
  local stop = at + bytes_needed(tvb, at)
  local word, branch = add_message(tree, tvb, at, stop, TRANSFER.D)
  for pdu = at + PDU_BYTES, stop - PDU_BYTES, PDU_BYTES do
    if not is_continuation(type_at(tvb, pdu)) then
      branch:add_proto_expert_info(experts.missing, "Fewer PDUs follow than announced")
    end
  end
  if tvb(at + 24, 1):uint() > 9 then
    branch:add_proto_expert_info(experts.range, "More than 9 PDUs that follow")
  end
  add_request_links(branch, remembered(pinfo, tvb, at, function()
    local key = exchange(stream.number, "D", tvb(at + 1, 4):uint())
    local request = note_request(pinfo, key)
    request.offset = unsigned(tvb:raw(at + 5, 8), 0, 8)
    return request
  end))
  return word, stop
end

local function add_answer(tree, tvb, at, pinfo, stream)
  local stop = at + bytes_needed(tvb, at)
  local type = type_at(tvb, at)
  local word, branch = add_message(tree, tvb, at, stop, TRANSFER[type])
  add_reply_links(branch, remembered(pinfo, tvb, at, function()
    local key = exchange(stream.number, "D", tvb(at + 1, 4):uint())
    local reply = note_reply(pinfo, key)
    if type == "A" then
      local offset = reply and reply.request.offset or 0
      stream.run = { offset = offset, left = unsigned(tvb:raw(at + 5, 8), 0, 8) }
    end
    return reply
  end))
  return word, stop
end

-- Many C of one segment are one branch: their content, without the types and
-- the padding.
local function add_run(tree, tvb, at, pinfo, stream)
  local stop = at
  local parts = {}
  while stop + PDU_BYTES <= tvb:len() and type_at(tvb, stop) == "C" do
    table.insert(parts, tvb:raw(stop + 1, PDU_BYTES - 1))
    stop = stop + PDU_BYTES
  end
  local content = table.concat(parts)
  local run = remembered(pinfo, tvb, at, function()
    local before = stream.run
    if not before then return { length = #content } end
    local length = math.min(#content, before.left)
    stream.run = { offset = before.offset + length, left = before.left - length }
    return { offset = before.offset, length = length, past = #content - length >= PDU_BYTES - 1 }
  end)
  local branch = tree:add(peerdex, tvb(at, stop - at))
  local title = ("Content, %d bytes in %d PDU%s"):format(
    run.length, #parts, #parts == 1 and "" or "s")
  branch:set_text("C: " .. title)
  branch:add(fields.type, tvb(at, 1))
  branch:add(fields.run_pdus, #parts):set_generated()
  if run.offset then branch:add(fields.run_offset, UInt64.new(run.offset)):set_generated() end
  branch:add(fields.run_length, UInt64.new(run.length)):set_generated()
  local range = tvb(at + 1, PDU_BYTES - 1)
  if #parts > 1 then range = ByteArray.new(content, true):tvb("Content")() end
  if run.length > 0 then
    branch:add(fields["content.content"], range(0, run.length))
  end
  if run.past then
    branch:add_proto_expert_info(experts.range, "More content than was granted")
  elseif not is_zero(content:sub(run.length + 1)) then
    branch:add_proto_expert_info(experts.padding)
  end
  return title, stop
end

local function dissect_segment(tvb, pinfo, root)
  local tree = root:add(peerdex, tvb())
  local stream = stream_state(pinfo)
  local at = remembered(pinfo, tvb, "start", function() return find_start(tvb, pinfo, stream) end)
    or 0
  if at > 0 then tree:add(fields.fragment, tvb(0, at)) end
  local words = {}
  while at < tvb:len() do
    local missing = bytes_needed(tvb, at) - (tvb:len() - at)
    if missing > 0 then
      pinfo.desegment_offset = at
      pinfo.desegment_len = missing
      break
    end
    local type = type_at(tvb, at)
    local word
    if not type:find("^%a$") then
      -- No type at all: bytes were lost, or this is something else.
      tree:add(fields.fragment, tvb(at)):add_proto_expert_info(experts.unknown)
      stream.aligned[sender_of(pinfo)] = nil
      break
    elseif type == "C" then
      word, at = add_run(tree, tvb, at, pinfo, stream)
    elseif type == "D" then
      word, at = add_download(tree, tvb, at, pinfo, stream)
    elseif type == "A" or type == "E" then
      word, at = add_answer(tree, tvb, at, pinfo, stream)
    elseif is_continuation(type) then
      add_orphan(tree, tvb, at)
      at = at + PDU_BYTES
    else
      word = add_message(tree, tvb, at, at + PDU_BYTES, nil)
      at = at + PDU_BYTES
    end
    if word then table.insert(words, word) end
  end
  summarise(pinfo, words)
  return tvb:len()
end

local TCP = 2

function peerdex.dissector(tvb, pinfo, root)
  if pinfo.port_type == TCP then return dissect_segment(tvb, pinfo, root) end
  return dissect_datagram(tvb, pinfo, root)
end

-- ## Which traffic is Peerdex

-- Whether the fields of a PDU are what they have to be, for those that a
-- stranger's bytes seldom are.
local CHECKS = {
  peer = function(raw)
    local text, rest = split_text(raw)
    return text ~= "" and is_text(text) and is_zero(rest)
  end,
  text = function(raw)
    local text, rest = split_text(raw)
    return is_text(text) and is_zero(rest)
  end,
  reserved = is_zero,
  version = function(raw) return raw:byte() == 1 end,
  kind = function(raw) return KINDS[raw:byte()] ~= nil end,
  -- A mapped IPv4 address, a global or a local IPv6 one, or none.
  address = function(raw)
    return is_zero(raw) or raw:sub(1, 12) == ("\0"):rep(10) .. "\255\255" or
      raw:sub(1, 15) == ("\0"):rep(15) or raw:find("^[\032-\063\252-\254]") ~= nil
  end,
}

local function is_plausible(tvb, at, known)
  for _, row in ipairs(known.layout) do
    local check = CHECKS[row[4]]
    -- A list names no peer, a search may leave its own out.
    local optional = row[4] == "peer" and (known == REQUESTS.O or known == REQUESTS.S)
    if check and not optional and not check(tvb:raw(at + 1 + row[2], row[3])) then
      return false
    end
  end
  return true
end

local function looks_like_datagram(tvb, pinfo, root)
  if tvb:len() % PDU_BYTES ~= 0 or tvb:len() > DATAGRAM_BYTES then return false end
  local groups = is_reply(tvb, pinfo) and REPLIES or REQUESTS
  local transaction
  for at = 0, tvb:len() - PDU_BYTES, PDU_BYTES do
    local type = type_at(tvb, at)
    local known = groups[type]
    if known then
      transaction = tvb:raw(at + 1, 4)
    elseif transaction == tvb:raw(at + 1, 4) then
      known = CONTINUATIONS[type]
    end
    if not known or not is_plausible(tvb, at, known) then return false end
    if type == "E" and not ERRORS[tvb(at + 13, 2):uint()] then return false end
  end
  pinfo.conversation = peerdex
  dissect_datagram(tvb, pinfo, root)
  return true
end

-- A connection begins with a D, which says enough about itself.
local function looks_like_stream(tvb, pinfo, root)
  if tvb:len() < PDU_BYTES or type_at(tvb, 0) ~= "D" then return false end
  if tvb(24, 1):uint() > 9 or not is_plausible(tvb, 0, TRANSFER.D) then return false end
  pinfo.conversation = peerdex
  dissect_segment(tvb, pinfo, root)
  return true
end

peerdex:register_heuristic("udp", looks_like_datagram)
peerdex:register_heuristic("tcp", looks_like_stream)

local udp_ports, tcp_ports = "", ""

local function take_ports()
  local udp, tcp = DissectorTable.get("udp.port"), DissectorTable.get("tcp.port")
  if udp_ports ~= "" then udp:remove(udp_ports, peerdex) end
  if tcp_ports ~= "" then tcp:remove(tcp_ports, peerdex) end
  udp_ports, tcp_ports = peerdex.prefs.udp_ports, peerdex.prefs.tcp_ports
  if udp_ports ~= "" then udp:add(udp_ports, peerdex) end
  if tcp_ports ~= "" then tcp:add(tcp_ports, peerdex) end
end

peerdex.prefs_changed = take_ports
take_ports()
DissectorTable.get("udp.port"):add_for_decode_as(peerdex)
DissectorTable.get("tcp.port"):add_for_decode_as(peerdex)
