-- Structs ---------------------------------------------------------------------------------------

local function family_in(m, struct, pos, stop)
    local at = struct.family
    if at and pos + at[1] + at[2] <= stop then return read(m, pos + at[1], at[2], m.big) end
end

local function members(m, tree, struct, pos, stop, nests, heading)
    local around, start, whole = m.family, pos, true
    local own = family_in(m, struct, pos, stop)
    if own and own ~= 0 then m.family = own end
    for _, member in ipairs(struct.members) do
        local after = pos + member.size
        if after > stop then
            whole = false
            break
        end
        decode(m, tree, member, pos, after, nests)
        pos = after
    end
    m.family = around
    if not whole then
        data(m, tree, pos, stop)
        if heading or pos < stop or m.to_kernel then
            local text = string.format("%d of the %d bytes of struct %s", stop - start, struct.size, struct.name)
            find(tree, heading and "header-short" or "struct-short", text)
        end
    elseif pos < stop then
        if pos + (-struct.size) % struct.align == stop and zero(m, pos, stop) then
            data(m, tree, pos, stop, shown.padding)
        else
            data(m, tree, pos, stop)
            find(tree, "struct-long", stop - pos .. " bytes more than struct " .. struct.name .. " is known to have")
        end
    end
end

-- A fixed header; returns where what follows it starts.
local function header(m, tree, struct, pos, limit, nests)
    local stop = math.min(pos + struct.size, limit)
    local item = line(m, tree, struct.show, m.tvb(pos, stop - pos))
    members(m, item, struct, pos, stop, nests, true)
    m.family = family_in(m, struct, pos, stop) or m.family
    local at = struct.hardware
    if at and pos + at[1] + at[2] <= stop then m.hardware = read(m, pos + at[1], at[2], m.big) end
    local level = m.levels[#m.levels]
    if level then level.struct, level.struct_at = struct, pos end
    return math.min(pos + aligned(struct.size), limit)
end

local function headed(m, tree, struct, set, pos, stop, nests)
    local family, hardware = m.family, m.hardware
    local level = enter(m, pos, stop, set)
    if struct and pos < stop then pos = header(m, tree, struct, pos, stop, nests) end
    if set and nests >= MAX_NESTS then
        find(tree, "nest-depth", "more than " .. MAX_NESTS .. " levels of nesting")
        set = nil
    end
    if pos < stop then
        if set then
            level.start = pos
            walk(m, tree, pos, stop, set, nests)
        else
            data(m, tree, pos, stop)
        end
    end
    leave(m)
    m.family, m.hardware = family, hardware
end

local function nest(m, tree, set, pos, stop, nests, element)
    if nests >= MAX_NESTS then
        find(tree, "nest-depth", "more than " .. MAX_NESTS .. " levels of nesting")
        data(m, tree, pos, stop)
        return
    end
    enter(m, pos, stop, set)
    walk(m, tree, pos, stop, set, nests, element)
    leave(m)
end

local function array(m, tree, field, pos, stop, nests)
    local size, start, index = field.element.size, pos, 0
    while size > 0 and pos + size <= stop and m.items < MAX_ITEMS do
        local item = decode(m, tree, field.element, pos, pos + size, nests)
        if item then item:prepend_text("[" .. index .. "] ") end
        pos, index = pos + size, index + 1
    end
    if pos < stop and m.items < MAX_ITEMS then
        data(m, tree, pos, stop)
        find(tree, "array-size", stop - start .. " bytes are no multiple of " .. size)
    end
end

-- Entries that begin with a struct whose first member is the entry's length.
local function records(m, tree, field, pos, stop, nests)
    local struct, index = m.spec.structs[field.struct], 0
    while stop - pos >= struct.size and m.items < MAX_ITEMS do
        local length = u16(m, pos)
        if length < struct.size or length > stop - pos then
            find(tree, "nexthop-length", "length " .. length .. " where " .. stop - pos .. " bytes are left")
        end
        if length < struct.size then break end
        local item = decode(m, tree, field.element, pos, math.min(pos + length, stop), nests)
        if item then item:prepend_text("[" .. index .. "] ") end
        pos, index = math.min(pos + aligned(length), stop), index + 1
    end
    data(m, tree, pos, stop)
end

local function counted(m, struct, pos, name)
    for _, member in ipairs(struct.members) do
        if member.name == name then return read(m, pos, member.size, big_of(m, member)) end
        pos = pos + member.size
    end
    return 0
end

-- A struct, with what may follow it in its payload.
local function struct_of(m, tree, field, pos, stop, nests)
    if field.prefixed then return records(m, tree, field, pos, stop, nests) end
    local struct = m.spec.structs[field.struct]
    local rest = pos + struct.size
    if not field.tail or rest > stop then return members(m, tree, struct, pos, stop, nests) end
    members(m, tree, struct, pos, rest, nests)
    local tail_stop = stop
    if field.tail_count then
        local size = field.tail.element.size * counted(m, struct, pos, field.tail_count)
        if size <= stop - rest then
            tail_stop = rest + size
        else
            find(tree, "keys-short", stop - rest .. " bytes are less than the keys announced")
        end
    end
    local around = m.family
    m.family = family_in(m, struct, pos, stop) or around
    if rest < tail_stop then decode(m, tree, field.tail, rest, tail_stop, nests) end
    m.family = around
    if tail_stop < stop then
        if field.tail_then then
            decode(m, tree, field.tail_then, tail_stop, stop, nests)
        else
            data(m, tree, tail_stop, stop)
        end
    end
end
