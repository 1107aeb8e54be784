-- Attributes ------------------------------------------------------------------------------------

local function chains(m, pos, stop, padding)
    while stop - pos >= 4 do
        local length = u16(m, pos)
        if length < 4 or length > stop - pos then return false end
        pos = pos + (padding and aligned(length) or length)
    end
    return pos >= stop
end

local function opaque(m, tree, name, pos, stop, nests, nested)
    if nested and stop - pos >= 4 and chains(m, pos, stop, true) then
        local item = line(m, tree, shown.unknown_nest, m.tvb(pos, stop - pos))
        item:set_text(name)
        nest(m, item, nil, pos, stop, nests + 1)
        return item
    end
    local item = line(m, tree, shown.unknown, m.tvb(pos, stop - pos))
    item:prepend_text(name .. ": ")
    return item
end

local function sub_message(m, tree, field, pos, stop, nests, nested)
    local sub = m.spec.subs[field.sub]
    local format, word = sub.default, nil
    for _, name in ipairs(field.selectors) do
        local words = selected(m, name, pos)
        if words then
            word = words[1] or words[2]
            format = sub.formats[words[1] or ""] or sub.formats[words[2] or ""] or sub.default
            break
        end
    end
    local struct = format and m.spec.structs[format.struct]
    local set = format and m.spec.sets[format.set]
    if not struct and not set then
        local item = opaque(m, tree, field.name, pos, stop, nests - 1, nested)
        if not format then
            find(item, "selector-unknown", "selector " .. field.selectors[1] .. (word and " is not known" or " is missing"))
        end
        return item
    end
    local item = line(m, tree, field.show, m.tvb(pos, stop - pos))
    if not set and pos < stop and field.flat then
        if format.variants and stop - pos >= 4 then
            struct = m.spec.structs[format.variants[read(m, pos, 4, m.big)]] or struct
        end
        members(m, item, struct, pos, stop, nests)
    else
        headed(m, item, struct, set, pos, stop, nests)
    end
    return item
end

-- Elements of IEEE 802.11: number and length, each a byte; 255 has the number inside.
local function elements(m, tree, field, pos, stop, nests)
    local set = m.spec.sets[field.set]
    while stop - pos >= 2 do
        local number, inner = read(m, pos, 1), pos + 2
        local after = inner + read(m, pos + 1, 1)
        if after > stop then break end
        if number == 255 and after > inner then
            number, inner = 256 + read(m, inner, 1), inner + 1
        end
        local known = set.attributes[number]
        if known then
            decode(m, tree, known, inner, after, nests + 1)
        else
            line(m, tree, shown.data, m.tvb(inner, after - inner)):prepend_text("element " .. number .. ": ")
        end
        pos = after
    end
    if pos < stop then
        data(m, tree, pos, stop)
        find(tree, "element-length", stop - pos .. " bytes where an element says more")
    end
end

local function form_of(m, field, size)
    for _, form in ipairs(field.forms or {}) do
        if form.size == size and (m.to_kernel or not form.requests) then
            local found = form.beside and beside(m, form.beside)
            if not form.beside or (found and found >= form.least) then return form.field end
        end
    end
    return field
end

-- Shows a field whose payload is `pos` to `stop`; `nests` counts the attributes it lies in.
-- Returns its line, nil when there are too many.
function decode(m, tree, field, pos, stop, nests, net, nested)
    if m.items >= MAX_ITEMS then
        if not m.told then find(tree, "too-much", "only the first " .. MAX_ITEMS .. " lines are shown") end
        m.told = true
        return nil
    end
    field = form_of(m, field, stop - pos)
    local kind, size = field.kind, stop - pos
    if field.number then nests = nests + 1 end
    if field.secret then
        local item = line(m, tree, field.show, m.tvb(pos, size))
        item:set_text(field.name .. ": <redacted " .. size .. (size == 1 and " byte>" or " bytes>"))
        return item
    elseif WIDTHS[kind] then
        if fits(field, size) then return scalar(m, tree, field, pos, size, net) end
        return misfit(m, tree, field, pos, stop, "scalar-size", size .. " bytes are not its size")
    elseif kind == "string" then
        return text_up_to_nul(m, tree, field, pos, stop)
    elseif kind == "binary" then
        if field.set and not field.hooked and size >= 2 and nests < MAX_NESTS and read(m, pos + 1, 1) <= size - 2 then
            local item = line(m, tree, field.nest, m.tvb(pos, size))
            elements(m, item, field, pos, stop, nests)
            return item
        end
        return binary(m, tree, field, pos, stop)
    elseif kind == "sub-message" then
        return sub_message(m, tree, field, pos, stop, nests, nested)
    elseif kind == "pad" then
        return line(m, tree, field.show, m.tvb(pos, size))
    elseif kind == "unknown" then
        return opaque(m, tree, field.name, pos, stop, nests - 1, nested)
    elseif kind == "flag" then
        local item = line(m, tree, field.show, m.tvb(pos, size), true)
        if size > 0 then find(item, "flag-payload", size .. " bytes in a flag") end
        return item
    elseif kind == "bitfield32" and size ~= 8 then
        return misfit(m, tree, field, pos, stop, "scalar-size", size .. " bytes where a bitfield32 has 8")
    end
    local item = line(m, tree, field.show, m.tvb(pos, size))
    if kind == "nest" then
        local struct, set = m.spec.structs[field.struct], m.spec.sets[field.set]
        if struct then
            headed(m, item, struct, set, pos, stop, nests)
        else
            nest(m, item, set, pos, stop, nests)
        end
    elseif kind == "struct" then
        struct_of(m, item, field, pos, stop, nests)
    elseif kind == "indexed" then
        nest(m, item, nil, pos, stop, nests, field.element)
    elseif kind == "array" then
        array(m, item, field, pos, stop, nests)
    elseif kind == "bitfield32" then
        scalar(m, item, field.value, pos, 4)
        scalar(m, item, field.selector, pos + 4, 4)
    end
    return item
end

-- One attribute of a chain.
local function attribute(m, tree, set, element, pos, stop, nests)
    local kind = u16(m, pos + 2)
    local number, net, nested = kind % 0x4000, math.floor(kind / 0x4000) % 2 == 1, kind >= 0x8000
    if element then
        local item = decode(m, tree, element, pos + 4, stop, nests, net, nested)
        if item then item:prepend_text("[" .. number .. "] ") end
        return item
    end
    local field = set and set.attributes[number]
    if not field then
        local item = opaque(m, tree, "attribute " .. number, pos + 4, stop, nests, nested)
        if set and next(set.attributes) then
            find(item, "attr-unknown", "attribute " .. number .. " is unknown: newer than " .. set.name)
        end
        return item
    end
    if field.request and m.to_kernel then field = field.request end
    local item = decode(m, tree, field, pos + 4, stop, nests, net, nested)
    local seen = m.levels[#m.levels].seen
    if seen[number] and not field.multi and item then find(item, "attr-duplicate", field.name .. " is there twice") end
    seen[number] = true
    return item
end

-- The chain of attributes in `pos` to `stop`; with `element` each is an entry of that field.
function walk(m, tree, pos, stop, set, nests, element)
    local before, last -- where the attribute before lies
    local item
    local padding = true
    while pos < stop and m.items < MAX_ITEMS do
        if pos == last and (last - before) % 4 ~= 0 then
            find(item, "attr-unaligned", "no padding to 4 bytes follows")
        end
        local left = stop - pos
        local length = left >= 4 and u16(m, pos) or 0
        if length >= 4 and length <= left then
            before, last = pos, pos + length
            item = attribute(m, tree, set, element, pos, last, nests) or tree
            pos = padding and pos + aligned(length) or last
        elseif last and last < pos and (chains(m, last, stop, false) or chains(m, last, stop, true)) then
            padding = not chains(m, last, stop, false)
            pos = last
        elseif left < 4 or zero(m, pos, stop) then
            local zeros = zero(m, pos, stop)
            local text = left .. (zeros and " zero bytes" or " bytes") .. " after the last attribute"
            find(data(m, tree, pos, stop), zeros and "attr-zeros" or "attr-trailing", text)
            return
        elseif length < 4 then
            find(data(m, tree, pos, stop), "attr-len-short", "nla_len " .. length .. " is less than the header's 4 bytes")
            return
        else
            item = attribute(m, tree, set, element, pos, stop, nests) or tree
            find(item, "attr-len-over", "nla_len " .. length .. " is more than the " .. left .. " left")
            return
        end
    end
end
