-- Fields of a dissector ------------------------------------------------------------------------

local SCALARS = {
    u8 = ProtoField.uint8, u16 = ProtoField.uint16, u32 = ProtoField.uint32, u64 = ProtoField.uint64,
    s8 = ProtoField.int8, s16 = ProtoField.int16, s32 = ProtoField.int32, s64 = ProtoField.int64,
    uint = ProtoField.uint64, sint = ProtoField.int64,
}
-- By display hint, what bytes are besides bytes: the ends of fields' names and what makes them.
local VIEWS = {
    mac = {"mac"}, fddi = {"mac"}, ipv4 = {"ipv4"}, ipv6 = {"ipv6"}, ["ipv4-or-v6"] = {"ipv4", "ipv6"},
    ["union-address"] = {"ipv4", "ipv6"}, address = {"ipv4", "ipv6", "mpls"}, lladdr = {"mac", "ipv4", "ipv6"},
    mpls = {"mpls"},
}
local MAKERS = {mac = ProtoField.ether, ipv4 = ProtoField.ipv4, ipv6 = ProtoField.ipv6, mpls = ProtoField.string}

local Builder = {}
Builder.__index = Builder

function Builder:keep(field)
    self.list[#self.list + 1] = field
    return field
end

-- The bits of an enumeration of flags, once for each width that it is used with.
function Builder:bits(enum, width)
    enum.bits = enum.bits or {}
    local found = enum.bits[width]
    if not found then
        found = {}
        for _, flag in ipairs(enum.flags) do
            local mask, name, id = flag[1], flag[2], flag[3]
            if mask < 2 ^ (8 * width) then
                local bit = {mask = mask}
                if width == 8 then
                    bit.field = self:keep(ProtoField.bool(id, name))
                else
                    bit.field = self:keep(ProtoField.bool(id, name, 8 * width, nil, mask))
                end
                found[#found + 1] = bit
            end
        end
        enum.bits[width] = found
    end
    return found
end

-- Gives a field of the tables, and what lies in it, the ProtoFields that show it.
function Builder:field(field)
    if field.made then return end
    field.made = true
    local kind, id, name = field.kind, field.id, field.name
    local enum = field.enum and self.spec.enums[field.enum]
    if field.secret then
        field.show = self:keep(ProtoField.none(id, name))
    elseif kind == "u32" and field.hint == "ipv4" then
        field.show = self:keep(ProtoField.ipv4(id, name))
    elseif SCALARS[kind] then
        local radix = (enum and enum.flags and not is_signed(kind)) and base.HEX or base.DEC
        local names = enum and not enum.flags and enum.names or nil
        field.show = self:keep(SCALARS[kind](id, name, radix, names))
        if enum and enum.flags then field.bits = self:bits(enum, WIDTHS[kind] == 0 and 8 or WIDTHS[kind]) end
    elseif kind == "flag" then
        field.show = self:keep(ProtoField.bool(id, name))
    elseif kind == "string" then
        field.show = self:keep(ProtoField.string(id, name))
    elseif kind == "binary" or kind == "unknown" or kind == "pad" then
        field.show = self:keep(ProtoField.bytes(id, name))
        field.views = {}
        for _, view in ipairs(VIEWS[field.hint] or {}) do
            field.views[view] = self:keep(MAKERS[view](id .. "." .. view, name))
        end
        field.nest = field.set and self:keep(ProtoField.none(id .. ".elements", name))
    elseif kind == "bitfield32" then
        field.show = self:keep(ProtoField.none(id, name))
        local bits = enum and enum.flags and self:bits(enum, 4)
        field.value = {show = self:keep(ProtoField.uint32(id .. ".value", "value", base.HEX)), bits = bits}
        field.selector = {show = self:keep(ProtoField.uint32(id .. ".selector", "selector", base.HEX)), bits = bits}
        for _, half in ipairs({field.value, field.selector}) do half.kind = "u32" end
    else
        field.show = self:keep(ProtoField.none(id, name))
    end
    for _, key in ipairs({"element", "request", "tail", "tail_then"}) do
        if field[key] then self:field(field[key]) end
    end
    for _, form in ipairs(field.forms or {}) do self:field(form.field) end
end
