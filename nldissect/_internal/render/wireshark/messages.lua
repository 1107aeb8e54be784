-- Messages --------------------------------------------------------------------------------------

-- Whether a message meets an operation's conditions; `m.base` is where its nlmsghdr is.
local function meets(m, operation)
    for _, condition in ipairs(operation.conditions or {}) do
        local at = m.base + condition.offset
        if at < 0 or at + condition.size > m.limit then return false end
        local value = read(m, at, condition.size, m.big)
        if not condition.values[type(value) == "number" and value or value:tonumber()] then return false end
    end
    return true
end

local function operation_of(m, spec, number)
    local own = m.to_kernel and spec.requests or spec.replies
    local usual = own[number] or (m.to_kernel and spec.replies or spec.requests)[number]
    if not usual and not m.to_kernel then usual = spec.other end
    local variants = (m.to_kernel and spec.request_variants or spec.reply_variants)[number]
    if variants then
        for _, at in ipairs(variants) do
            if meets(m, spec.operations[at]) then return spec.operations[at] end
        end
        local operation = spec.operations[usual]
        return operation and not operation.conditions and operation or nil
    end
    return spec.operations[usual]
end

local function payload(m, tree, pinfo, spec, number, pos)
    local operation = operation_of(m, spec, number)
    m.spec = spec
    if operation and operation.least and m.limit - m.base < operation.least then operation = nil end
    tree:add(shown.dissector, spec.name):set_generated()
    if not operation then
        data(m, tree, pos, m.limit)
        return
    end
    tree:add(shown.operation, operation.name):set_generated()
    if operation.constant then tree:add(shown.constant, operation.constant):set_generated() end
    tree:append_text(": " .. spec.name .. " " .. operation.name)
    pinfo.cols.protocol = spec.name
    local word = " " .. operation.name
    if tostring(pinfo.cols.info):sub(-#word) ~= word then pinfo.cols.info:append(word) end -- once for a dump
    local struct, set = spec.structs[operation.struct], spec.sets[operation.set]
    if operation.headless and m.to_kernel then
        local dump = math.floor(m.flags / 0x100) % 4 == 3
        if pos >= m.limit or (dump and pos + 4 <= m.limit and u16(m, pos) >= 4) then struct = nil end
    end
    local level = enter(m, pos, m.limit, set)
    if struct and pos < m.limit then pos = header(m, tree, struct, pos, m.limit, 0) end
    level.start = pos
    if pos < m.limit then
        if set and not (operation.hooked and not chains(m, pos, m.limit, true)) then
            walk(m, tree, pos, m.limit, set, 0)
        else
            data(m, tree, pos, m.limit)
        end
    end
    leave(m)
end

local function message(tvb, base_at, limit, flags, big)
    return {
        tvb = tvb, base = base_at, limit = limit, flags = flags, big = big, to_kernel = flags % 2 == 1,
        family = -1, hardware = -1, levels = {}, items = 0,
    }
end

-- Whether numbers are big-endian: a length that only then is one of this message.
local function is_big(range, most)
    local little, big = range(0, 4):le_uint(), range(0, 4):uint()
    return little > most and big <= most
end

local function header_lines(m, tree)
    local function add(field, pos, size)
        return m.big and tree:add(field, m.tvb(pos, size)) or tree:add_le(field, m.tvb(pos, size))
    end
    add(shown.length, 0, 4)
    add(shown.type, 4, 2)
    local flags = add(shown.flags, 6, 2)
    for _, name in ipairs(HEADER_FLAGS) do
        if m.big then flags:add(shown[name], m.tvb(6, 2)) else flags:add_le(shown[name], m.tvb(6, 2)) end
    end
    add(shown.sequence, 8, 4)
    add(shown.port, 12, 4)
end

-- Generic netlink: families by name, and their numbers as nlctrl told them.
local families = {}
local numbers = {}

function common.init() numbers = {[CONTROLLER] = "nlctrl", [17] = "VFS_DQUOT", [18] = "pmcraid"} end

local function learn(m, pos)
    local id, name
    while m.limit - pos >= 4 do
        local length, kind = u16(m, pos), u16(m, pos + 2) % 0x4000
        if length < 4 or length > m.limit - pos then return end
        if kind == 1 and length == 6 then id = u16(m, pos + 4) end
        if kind == 2 and length > 4 then name = m.tvb(pos + 4, length - 4):raw():match("^[^%z]*") end
        pos = pos + aligned(length)
    end
    if id and name and id ~= CONTROLLER then numbers[id] = name end
end

local function generic(m, tree, pinfo, spec, pos)
    if m.limit - pos < 4 then
        data(m, tree, pos, m.limit)
        return
    end
    tree:add(shown.command, m.tvb(pos, 1))
    tree:add(shown.version, m.tvb(pos + 1, 1))
    tree:add(shown.reserved, m.tvb(pos + 2, 2))
    if spec then
        payload(m, tree, pinfo, spec, read(m, pos, 1), pos + 4)
    elseif pos + 4 < m.limit then
        m.spec = {}
        nest(m, tree, nil, pos + 4, m.limit, 0)
    end
end

-- Raw protocols: by number, the dissector of each message type.
local protocols = {}

local function protocol_dissector(number, specs)
    return function(tvb, pinfo, tree)
        local size = tvb:len()
        if size < 16 then return 0 end
        local big = is_big(tvb(0, 16), size)
        local limit = math.max(16, math.min(size, big and tvb(0, 4):uint() or tvb(0, 4):le_uint()))
        local m = message(tvb, 0, limit, big and tvb(6, 2):uint() or tvb(6, 2):le_uint(), big)
        local kind = u16(m, 4)
        local item = tree:add(common, tvb(0, limit))
        header_lines(m, item)
        if number == GENERIC then
            if kind == CONTROLLER and not m.to_kernel and limit > 20 then learn(m, 20) end
            generic(m, item, pinfo, families[numbers[kind]], 16)
            return size
        end
        local spec = specs[kind] or specs.sole
        if spec then
            payload(m, item, pinfo, spec, kind, 16)
        elseif number == NETFILTER and limit >= 20 then
            data(m, item, 16, 20)
            m.spec = {}
            nest(m, item, nil, 20, limit, 0)
        else
            data(m, item, 16, limit)
        end
        return size
    end
end

local function attach_protocol(spec)
    local specs = protocols[spec.protocol]
    if not specs then
        specs = {}
        protocols[spec.protocol] = specs
        local own = Proto("nl.protocol_" .. spec.protocol, "Netlink protocol " .. spec.protocol .. ", by nldissect")
        own.dissector = protocol_dissector(spec.protocol, specs)
        DissectorTable.get("netlink.protocol"):set(spec.protocol, own)
    end
    for _, table in ipairs({spec.requests, spec.replies}) do
        for kind in pairs(table) do specs[kind] = specs[kind] or spec end
    end
    if spec.sole then specs.sole = spec end
end

-- A family's messages come without their nlmsghdr, which lies before them in the frame.
local frame = Field.new("frame")

local function attach_family(spec, proto)
    families[spec.family] = spec
    function proto.dissector(tvb, pinfo, tree)
        local start, whole = tvb:offset() - 16, frame()
        local flags, big = 0, false
        if whole and start >= 0 and whole.range:len() >= start + 16 then
            local before = whole.range(start, 16)
            big = is_big(before, tvb:len() + 16)
            flags = big and before(6, 2):uint() or before(6, 2):le_uint()
        end
        local m = message(tvb, -16, tvb:len(), flags, big)
        generic(m, tree:add(common, tvb()), pinfo, spec, 0)
        return tvb:len()
    end
    DissectorTable.get("genl.family"):set(spec.family, proto)
end

-- Takes in a dissector's tables; a second one of the same name is left out.
local known = {}

function nldissect.dissector(spec)
    if known[spec.name] then return end
    known[spec.name] = true
    local proto = Proto(spec.id, spec.title)
    local builder = setmetatable({list = {}, spec = spec}, Builder)
    for _, set in ipairs(spec.sets) do
        for _, field in pairs(set.attributes) do builder:field(field) end
    end
    for _, struct in ipairs(spec.structs) do
        struct.show = builder:keep(ProtoField.none(struct.id, struct.name))
        for _, member in ipairs(struct.members) do builder:field(member) end
    end
    proto.fields = builder.list
    if spec.family == "nlctrl" then spec.takes_generic = true end
    if spec.protocol then attach_protocol(spec) else attach_family(spec, proto) end
    if spec.takes_generic and not protocols[GENERIC] then
        protocols[GENERIC] = {}
        local own = Proto("nl.protocol_16", "Generic netlink, by nldissect")
        own.dissector = protocol_dissector(GENERIC, {})
        DissectorTable.get("netlink.protocol"):set(GENERIC, own)
    end
end

return nldissect
