/* Lists interfaces: excerpt of one file that has all in itself, constants as macros too. */
#define NL_UTIL_C_UNSPEC	0
#define NL_UTIL_C_L2_LIST	1
#define NL_UTIL_C_L2_IID	2
#define NL_UTIL_C_REPLY_WITH_NLMSG_ERR 3

enum nl_util_attr {
	NL_UTIL_A_UNSPEC,
	NL_UTIL_A_NETDEV,
	__NL_UTIL_A_LAST
};

enum nl_util_nested_attr {
	NL_UTIL_NESTED_A_UNSPEC,
	NL_UTIL_NESTED_A_IFINDEX,
	NL_UTIL_NESTED_A_IFNAME,
	NL_UTIL_NESTED_A_FLAGS,
	NL_UTIL_NESTED_A_IFMTU,
	NL_UTIL_NESTED_A_STATE,
	NL_UTIL_NESTED_A_QLEN,
	NL_UTIL_NESTED_A_STATS,
	NL_UTIL_NESTED_A_IFBRD,
	NL_UTIL_NESTED_A_IFMAC,
	__NL_UTIL_NESTED_A_LAST
};

struct link_counts {
	__u64 rx_packets;
	__u64 tx_packets;
	__u64 bytes[2];
};

static const struct nla_policy one_interface[__NL_UTIL_NESTED_A_LAST] = {
	[NL_UTIL_NESTED_A_IFINDEX] = { .type = NLA_U32 },
	[NL_UTIL_NESTED_A_IFNAME] = { .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 },
};

static const struct nla_policy interfaces_policy[__NL_UTIL_A_LAST] = {
	[NL_UTIL_A_NETDEV] = NLA_POLICY_NESTED(one_interface),
};

static int put_interface(struct sk_buff *skb, struct net_device *dev, bool counts)
{
	struct link_counts stats;
	struct nlattr *inside;

	inside = nla_nest_start_noflag(skb, NL_UTIL_A_NETDEV);
	if (!inside)
		return -EMSGSIZE;
	if (nla_put_u32(skb, NL_UTIL_NESTED_A_IFINDEX, dev->ifindex) ||
	    nla_put_string(skb, NL_UTIL_NESTED_A_IFNAME, dev->name) ||
	    nla_put_u32(skb, NL_UTIL_NESTED_A_FLAGS, dev_get_flags(dev)) ||
	    nla_put_u32(skb, NL_UTIL_NESTED_A_IFMTU, dev->mtu) ||
	    nla_put_u32(skb, NL_UTIL_NESTED_A_STATE, dev->operstate) ||
	    nla_put_u32(skb, NL_UTIL_NESTED_A_QLEN, dev->tx_queue_len)) {
		nla_nest_cancel(skb, inside);
		return -EMSGSIZE;
	}
	nla_put(skb, NL_UTIL_NESTED_A_IFMAC, ETH_ALEN, dev->dev_addr);
	nla_put(skb, NL_UTIL_NESTED_A_IFBRD, ETH_ALEN, dev->broadcast);
	if (counts)
		nla_put(skb, NL_UTIL_NESTED_A_STATS, sizeof(stats), &stats);
	nla_nest_end(skb, inside);
	return 0;
}

static int list_doit(struct sk_buff *request, struct genl_info *info)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *head = genlmsg_put_reply(skb, info, &interfaces_family, 0, NL_UTIL_C_L2_LIST);
	struct net_device *dev;

	for_each_netdev(genl_info_net(info), dev)
		if (put_interface(skb, dev, false))
			break;
	genlmsg_end(skb, head);
	return genlmsg_reply(skb, info);
}

static int one_doit(struct sk_buff *request, struct genl_info *info)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *head = genlmsg_put_reply(skb, info, &interfaces_family, 0, NL_UTIL_C_L2_IID);

	put_interface(skb, NULL, true);
	genlmsg_end(skb, head);
	return genlmsg_reply(skb, info);
}

static const struct genl_small_ops interfaces_ops[] = {
	{ .cmd = NL_UTIL_C_L2_LIST, .doit = list_doit, },
	{ .cmd = NL_UTIL_C_L2_IID, .doit = one_doit, },
	{ .cmd = NL_UTIL_C_REPLY_WITH_NLMSG_ERR, .doit = refuse_doit, },
};

static struct genl_family interfaces_family = {
	.name = "nl_util",
	.version = 1,
	.maxattr = __NL_UTIL_A_LAST - 1,
	.policy = interfaces_policy,
	.small_ops = interfaces_ops,
	.n_small_ops = ARRAY_SIZE(interfaces_ops),
};
