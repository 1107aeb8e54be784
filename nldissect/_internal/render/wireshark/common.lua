-- nldissect.lua: reads netlink messages by the tables that `nldissect dissectors export --lua` writes.
--
-- A dissector's file calls `nldissect.dissector` with its tables: sets of attributes, structs,
-- enumerations, sub-messages and operations, which refer to each other by number. This file makes
-- a Proto and its fields of them, attaches it to Wireshark's tables, and walks messages. It needs
-- no library of bits, hence runs with Lua 5.2 to 5.4. Nothing here raises on malformed bytes: they
-- are shown, with expert information that says what is wrong.

if rawget(_G, "nldissect") then return rawget(_G, "nldissect") end
local nldissect = {version = 1}
rawset(_G, "nldissect", nldissect)

local MAX_NESTS = 40 -- levels that the kernel looks into
local MAX_ITEMS = 20000 -- lines that a message may make, against bytes that make very many
local GENERIC, NETFILTER = 16, 12
local CONTROLLER = 16 -- the message type of nlctrl
local AF_INET, AF_INET6, AF_MPLS = 2, 10, 28

-- What is shown of each message whatever its dissector, and of bytes that none describes.
local common = Proto("nl", "Netlink, by nldissect")
local shown = {
    dissector = ProtoField.string("nl.dissector", "dissector"),
    operation = ProtoField.string("nl.operation", "operation"),
    constant = ProtoField.string("nl.constant", "constant"),
    length = ProtoField.uint32("nl.length", "length"),
    type = ProtoField.uint16("nl.type", "type"),
    flags = ProtoField.uint16("nl.flags", "flags", base.HEX),
    request = ProtoField.bool("nl.flags.request", "request", 16, nil, 1),
    multi = ProtoField.bool("nl.flags.multi", "multi", 16, nil, 2),
    ack = ProtoField.bool("nl.flags.ack", "ack", 16, nil, 4),
    echo = ProtoField.bool("nl.flags.echo", "echo", 16, nil, 8),
    sequence = ProtoField.uint32("nl.sequence", "sequence"),
    port = ProtoField.uint32("nl.port", "port"),
    command = ProtoField.uint8("nl.command", "command"),
    version = ProtoField.uint8("nl.version", "version"),
    reserved = ProtoField.uint16("nl.reserved", "reserved"),
    data = ProtoField.bytes("nl.data", "data"),
    misfit = ProtoField.bytes("nl.misfit", "bytes of another size"),
    padding = ProtoField.bytes("nl.padding", "padding"),
    unknown = ProtoField.bytes("nl.unknown", "unknown attribute"),
    unknown_nest = ProtoField.none("nl.unknown_nest", "unknown attribute"),
}
local HEADER_FLAGS = {"request", "multi", "ack", "echo"}
local FINDINGS = {
    ["array-size"] = "ERROR", ["attr-duplicate"] = "WARN", ["attr-len-over"] = "ERROR",
    ["attr-len-short"] = "ERROR", ["attr-trailing"] = "WARN", ["attr-unaligned"] = "WARN",
    ["attr-unknown"] = "NOTE", ["attr-zeros"] = "NOTE", ["binary-size"] = "WARN",
    ["element-length"] = "WARN", ["flag-payload"] = "WARN", ["header-short"] = "NOTE",
    ["keys-short"] = "ERROR", ["nest-depth"] = "ERROR", ["nexthop-length"] = "ERROR",
    ["scalar-size"] = "ERROR", ["selector-unknown"] = "NOTE", ["string-after-nul"] = "WARN",
    ["string-unterminated"] = "WARN", ["struct-long"] = "NOTE", ["struct-short"] = "ERROR",
    ["too-much"] = "WARN",
}
do
    local list = {}
    for _, field in pairs(shown) do list[#list + 1] = field end
    common.fields = list
    list = {}
    for code, severity in pairs(FINDINGS) do
        FINDINGS[code] = ProtoExpert.new("nl.expert." .. code:gsub("-", "_"), code,
            expert.group.MALFORMED, expert.severity[severity])
        list[#list + 1] = FINDINGS[code]
    end
    common.experts = list
end

local function find(item, code, text)
    item:add_proto_expert_info(FINDINGS[code], text)
end

-- Numbers --------------------------------------------------------------------------------------

local WIDTHS = {u8 = 1, u16 = 2, u32 = 4, u64 = 8, s8 = 1, s16 = 2, s32 = 4, s64 = 8, uint = 0, sint = 0}

local function is_signed(kind) return kind:sub(1, 1) == "s" end

local function read(m, pos, size, big)
    local range = m.tvb(pos, size)
    if size > 4 then return big and range:uint64() or range:le_uint64() end
    return big and range:uint() or range:le_uint()
end

local function u16(m, pos) return read(m, pos, 2, m.big) end

local function big_of(m, field, net)
    if field.order then return field.order == "big" end
    return m.big or net or false
end

local function fits(field, size)
    local width = WIDTHS[field.kind]
    return width ~= nil and (size == width or (width == 0 and (size == 4 or size == 8)))
end

local function zero(m, pos, stop)
    return not m.tvb(pos, stop - pos):bytes():tohex():find("[^0]")
end

local function aligned(number) return number + (-number) % 4 end
