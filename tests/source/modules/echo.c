/* A family that echoes a string: excerpt in the style of a first module. */
#include <net/genetlink.h>
#include "echo.h"

static struct genl_family echo_family;

static const struct nla_policy echo_policy[GENLTEST_A_MAX + 1] = {
	[GENLTEST_A_MSG] = { .type = NLA_NUL_STRING },
};

static int echo_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *answer = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *head;

	head = genlmsg_put_reply(answer, info, &echo_family, 0, GENLTEST_CMD_ECHO);
	if (!head || nla_put_string(answer, GENLTEST_A_MSG, "here"))
		return -EMSGSIZE;
	genlmsg_end(answer, head);
	return genlmsg_reply(answer, info);
}

static const struct genl_ops echo_ops[] = {
	{ .cmd = GENLTEST_CMD_ECHO, .policy = echo_policy, .doit = echo_doit },
};

static const struct genl_multicast_group echo_groups[] = {
	{ .name = GENLTEST_GROUP },
};

static struct genl_family echo_family __ro_after_init = {
	.name = GENLTEST_NAME,
	.version = 1,
	.maxattr = GENLTEST_A_MAX,
	.ops = echo_ops,
	.n_ops = ARRAY_SIZE(echo_ops),
	.mcgrps = echo_groups,
	.n_mcgrps = ARRAY_SIZE(echo_groups),
};
