/* An orchard by generic netlink: what the policies leave open is in the functions. */
#include <net/genetlink.h>
#include <uapi/linux/orchard.h>

#define PUT_NUMBER(which, bits, value) \
	nla_put_u##bits(skb, ORCHARD_A_##which, value)

static const struct nla_policy orchard_tree_policy[ORCHARD_A_TREE_MAX + 1] = {
	[ORCHARD_A_TREE_RIPENESS] = NLA_POLICY_RANGE(NLA_U32, ORCHARD_GREEN, ORCHARD_ROTTEN),
	[ORCHARD_A_TREE_FLAGS] = NLA_POLICY_MASK(NLA_U32, ORCHARD_F_WATERED | ORCHARD_F_PRUNED),
	[ORCHARD_A_TREE_SIZE] = NLA_POLICY_EXACT_LEN(sizeof(struct orchard_size)),
	[ORCHARD_A_TREE_LABEL] = { .type = NLA_BINARY, .len = ORCHARD_LABEL_LEN },
#ifdef CONFIG_ORCHARD_APPLES
	[ORCHARD_A_TREE_APPLES] = NLA_POLICY_MAX(NLA_U8, 200),
#endif
	[ORCHARD_A_TREE_BIRD] = { .type = NLA_NESTED },
};

static const struct nla_policy orchard_policy[ORCHARD_A_MAX + 1] = {
	[ORCHARD_A_ROW_IFINDEX] = { .type = NLA_U32 },
	[ORCHARD_A_TREE] = NLA_POLICY_NESTED(orchard_tree_policy),
	[ORCHARD_A_TREES] = NLA_POLICY_NESTED_ARRAY(orchard_tree_policy),
	[ORCHARD_A_GATE] = { .type = NLA_U32 },
	[ORCHARD_A_GATE6] = NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[ORCHARD_A_PORT] = { .type = NLA_U16 },
	[ORCHARD_A_OWNER] = NLA_POLICY_ETH_ADDR,
	[ORCHARD_A_PLAN] = NLA_POLICY_BITFIELD32(3),
	[ORCHARD_A_SHADE] = { .type = NLA_FLAG },
	[ORCHARD_A_SECRET] = { .type = NLA_REJECT },
};

static int put_number(struct sk_buff *skb, int attrtype, u16 value)
{
	return nla_put_be16(skb, attrtype, htons(value));
}

static int put_bird(struct sk_buff *skb, struct orchard_bird *bird)
{
	if (nla_put_string(skb, ORCHARD_A_BIRD_NAME, bird->name))
		return -EMSGSIZE;
	return nla_put_u8(skb, ORCHARD_A_BIRD_NESTS, bird->nests);
}

static int put_tree(struct sk_buff *skb, struct orchard_tree *tree, int number)
{
	struct nlattr *one, *bird;

	one = nla_nest_start(skb, number + 1);
	if (!one)
		return -EMSGSIZE;
	if (nla_put_u32(skb, ORCHARD_A_TREE_FLAGS, (enum orchard_flags)tree->flags))
		goto cancel;
	bird = nla_nest_start(skb, ORCHARD_A_TREE_BIRD);
	if (!bird || put_bird(skb, tree->bird)) {
		nla_nest_end(skb, one);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, bird);
	nla_nest_end(skb, one);
	return 0;
cancel:
	nla_nest_cancel(skb, one);
	return -EMSGSIZE;
}

static int fill_row(struct sk_buff *skb, struct orchard *row, u32 portid, u32 seq, u8 cmd)
{
	struct nlattr *trees, *gates;
	struct orchard_tree *tree;
	void *head;
	int i = 0;

	head = genlmsg_put(skb, portid, seq, &orchard_family, NLM_F_MULTI, cmd);
	if (!head)
		return -EMSGSIZE;
	if (nla_put_u32(skb, ORCHARD_A_ROW_IFINDEX, row->ifindex) ||
	    nla_put_in_addr(skb, ORCHARD_A_GATE, row->gate) ||
	    nla_put_in6_addr(skb, ORCHARD_A_GATE6, &row->gate6) ||
	    put_number(skb, ORCHARD_A_PORT, row->port) ||
	    nla_put_u64_64bit(skb, ORCHARD_A_LEAVES, row->leaves, ORCHARD_A_PAD) ||
	    nla_put(skb, ORCHARD_A_HEIGHTS, row->count * sizeof(u32), row->heights))
		goto out;
	if (row->shade && nla_put_flag(skb, ORCHARD_A_SHADE))
		goto out;
	PUT_NUMBER(NOTE, 16, row->note);
	trees = nla_nest_start(skb, ORCHARD_A_TREES);
	list_for_each_entry(tree, &row->trees, list)
		if (put_tree(skb, tree, i++))
			goto out;
	nla_nest_end(skb, trees);
	gates = nla_nest_start(skb, ORCHARD_A_GATES);
	for (i = 0; i < row->gates; i++)
		nla_put_u32(skb, i, row->gate_of[i]);
	nla_nest_end(skb, gates);
	genlmsg_end(skb, head);
	return 0;
out:
	genlmsg_cancel(skb, head);
	return -EMSGSIZE;
}

static int orchard_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return fill_row(skb, NULL, 0, 0, ORCHARD_CMD_GET);
}

static int orchard_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[ORCHARD_A_BIRD_NESTS + 1];

	if (info->attrs[ORCHARD_A_GATE])
		use(nla_get_in_addr(info->attrs[ORCHARD_A_GATE]));
	return 0;
}

void orchard_harvested(struct orchard *row)
{
	fill_row(genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL), row, 0, 0, ORCHARD_CMD_HARVESTED);
}

static const struct genl_split_ops orchard_ops[] = {
	{
		.cmd	= ORCHARD_CMD_GET,
		.dumpit	= orchard_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd	= ORCHARD_CMD_SET,
		.doit	= orchard_set_doit,
		.policy	= orchard_policy,
		.maxattr = ORCHARD_A_MAX,
		.flags	= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= ORCHARD_CMD_COUNT,
		.doit	= orchard_set_doit,
		.flags	= GENL_CMD_CAP_DO,
	},
};

static const struct genl_multicast_group orchard_groups[] = {
	[0] = { .name = "pickers", },
};

static struct genl_family orchard_family __ro_after_init = {
	.hdrsize	= sizeof(struct orchard_header),
	.name		= ORCHARD_GENL_NAME,
	.version	= ORCHARD_GENL_VERSION,
	.maxattr	= ORCHARD_A_MAX,
	.netnsok	= true,
	.split_ops	= orchard_ops,
	.n_split_ops	= ARRAY_SIZE(orchard_ops),
	.mcgrps		= orchard_groups,
	.n_mcgrps	= ARRAY_SIZE(orchard_groups),
};
