-- Levels: what lies around the bytes at hand, which selectors are looked up in ------------------

local function enter(m, start, stop, set)
    local level = {start = start, stop = stop, set = set, seen = {}}
    m.levels[#m.levels + 1] = level
    return level
end

local function leave(m) m.levels[#m.levels] = nil end

local function locate(m, level, number, asking)
    local pos = level.start
    while level.stop - pos >= 4 do
        local length = u16(m, pos)
        if length < 4 or length > level.stop - pos then return nil end
        if u16(m, pos + 2) % 0x4000 == number and pos + 4 ~= asking then return pos end
        pos = pos + aligned(length)
    end
end

local function number_of(set, name)
    for number, field in pairs(set.attributes) do
        if field.name == name then return number end
    end
end

local function beside(m, name)
    for at = #m.levels, 1, -1 do
        local level = m.levels[at]
        local number = level.set and number_of(level.set, name)
        local found = number and locate(m, level, number)
        if found then return u16(m, found) - 4 end
    end
end

-- The value that selects a sub-message's shape, as words to look for.
local function value_words(m, field, start, stop, net)
    local enum = field.enum and m.spec.enums[field.enum]
    if field.kind == "string" then
        local raw = m.tvb(start, stop - start):raw()
        local cut = raw:find("\0", 1, true)
        return {cut and raw:sub(1, cut - 1) or raw}
    elseif fits(field, stop - start) then
        local value = read(m, start, stop - start, big_of(m, field, net))
        local names = enum and enum.names
        local number = type(value) == "number" and value or value:tonumber()
        if is_signed(field.kind) and stop - start <= 4 and number >= 2 ^ (8 * (stop - start) - 1) then
            number = number - 2 ^ (8 * (stop - start))
        end
        return {names and names[number], string.format("%.0f", number)}
    end
    return {}
end

local function selected(m, name, asking)
    for at = #m.levels, 1, -1 do
        local level = m.levels[at]
        local pos = level.struct_at
        for _, member in ipairs(level.struct and level.struct.members or {}) do
            local stop = pos + member.size
            if stop > level.stop then break end
            if member.name == name then return value_words(m, member, pos, stop) end
            pos = stop
        end
        local number = level.set and number_of(level.set, name)
        local found = number and locate(m, level, number, asking)
        if found then
            local net = math.floor(u16(m, found + 2) / 0x4000) % 2 == 1
            return value_words(m, level.set.attributes[number], found + 4, found + u16(m, found), net)
        end
    end
end

-- Showing ---------------------------------------------------------------------------------------

local decode, walk -- below; each calls the other

-- Adds a line, unless there are too many already; what lies below those is left out with them.
local function line(m, tree, field, range, ...)
    m.items = m.items + 1
    return tree:add(field, range, ...)
end

local function data(m, tree, pos, stop, field)
    if pos < stop then return line(m, tree, field or shown.data, m.tvb(pos, stop - pos)) end
    return tree
end

local function flag_is_set(m, pos, size, big, mask)
    local half = mask >= 2 ^ 32 and 1 or 0 -- of 8 bytes, the one with the higher bits
    local at = pos
    if size == 8 and (big and half == 0 or not big and half == 1) then at = pos + 4 end
    local value = read(m, at, math.min(size, 4), big)
    return math.floor(value / (half == 1 and mask / 2 ^ 32 or mask)) % 2 == 1
end

local function scalar(m, tree, field, pos, size, net)
    local big = big_of(m, field, net)
    local range = m.tvb(pos, size)
    m.items = m.items + 1
    local item = big and tree:add(field.show, range) or tree:add_le(field.show, range)
    local unset = field.unset and m.to_kernel and zero(m, pos, pos + size)
    if unset or field.unnamed_beside and beside(m, field.unnamed_beside) then
        item:set_text(field.name .. ": " .. tostring(read(m, pos, size, big))) -- its name would be wrong
    end
    for _, bit in ipairs(field.bits or {}) do
        if WIDTHS[field.kind] == 8 or WIDTHS[field.kind] == 0 then
            if flag_is_set(m, pos, size, big, bit.mask) then line(m, item, bit.field, range, true) end
        elseif big then
            item:add(bit.field, range)
        else
            item:add_le(bit.field, range)
        end
    end
    return item
end

local function misfit(m, tree, field, pos, stop, code, text)
    local item = tree
    if pos < stop then
        item = data(m, tree, pos, stop, shown.misfit)
        item:prepend_text(field.name .. ": ")
    end
    find(item, code, field.name .. ": " .. text)
    return item
end

local function text_up_to_nul(m, tree, field, pos, stop)
    local raw = m.tvb(pos, stop - pos):raw()
    local cut = raw:find("\0", 1, true)
    m.items = m.items + 1
    local item = tree:add_packet_field(field.show, m.tvb(pos, cut and cut - 1 or stop - pos), ENC_UTF_8)
    if field.number then
        if not cut and pos < stop and not field.unterminated then
            find(item, "string-unterminated", "no NUL at the end")
        elseif cut and raw:find("[^%z]", cut) then
            find(item, "string-after-nul", #raw - cut .. " bytes after the NUL")
        end
    end
    return item
end

local TUNNELS = {[768] = 4, [776] = 4, [778] = 4, [769] = 16, [823] = 16} -- by ARPHRD type

-- What bytes are by their display hint: the view, and how many of them it takes.
local function view_of(m, hint, pos, size)
    if hint == "lladdr" then
        if size == 4 and TUNNELS[m.hardware] == 4 then return "ipv4", 4 end
        if size == 16 and TUNNELS[m.hardware] == 16 then return "ipv6", 16 end
        if size == 6 or (size == 32 and m.hardware ~= 32) then return "mac", 6 end
    elseif hint == "mpls" or (hint == "address" and m.family == AF_MPLS) then
        if size >= 4 and size % 4 == 0 then return "mpls", size end
    elseif hint == "address" then
        if size == 4 and m.family ~= AF_INET6 then return "ipv4", 4 end
        if size == 16 and m.family ~= AF_INET then return "ipv6", 16 end
    elseif hint == "union-address" and size == 16 then
        local four = m.family == AF_INET
        if not four and m.family ~= AF_INET6 then four = zero(m, pos + 4, pos + 16) end
        return four and "ipv4" or "ipv6", four and 4 or 16
    elseif (hint == "mac" or hint == "fddi") and size == 6 then
        return "mac", 6
    elseif (hint == "ipv4" or hint == "ipv4-or-v6") and size == 4 then
        return "ipv4", 4
    elseif (hint == "ipv6" or hint == "ipv4-or-v6") and size == 16 then
        return "ipv6", 16
    end
end

-- Labels of MPLS, each the upper 20 bits of 4 bytes: 100/200.
local function labels(m, pos, size)
    local out = {}
    for at = pos, pos + size - 4, 4 do out[#out + 1] = string.format("%d", math.floor(m.tvb(at, 3):uint() / 16)) end
    return table.concat(out, "/")
end

local EXPECTED = {mac = true, fddi = true, ipv4 = true, ipv6 = true, ["ipv4-or-v6"] = true}

local function binary(m, tree, field, pos, stop)
    local size = stop - pos
    local view, taken = view_of(m, field.hint, pos, size)
    if view == "mpls" then return line(m, tree, field.views.mpls, m.tvb(pos, size), labels(m, pos, size)) end
    if view then return line(m, tree, field.views[view], m.tvb(pos, taken)) end
    local item = line(m, tree, field.show, m.tvb(pos, size))
    local mac = (field.hint == "mac" or field.hint == "fddi") and (size == 8 or size == 20)
    if EXPECTED[field.hint] and size > 0 and not mac then
        find(item, "binary-size", size .. " bytes are no such address")
    end
    return item
end
