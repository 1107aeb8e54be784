/* Constants of an orchard: what a UAPI header may have. */
#ifndef _UAPI_ORCHARD_H
#define _UAPI_ORCHARD_H

#define ORCHARD_GENL_NAME	"orchard"
#define ORCHARD_GENL_VERSION	0x2
#define ORCHARD_LABEL_LEN	(8 * 2)

enum orchard_ripeness {
	ORCHARD_GREEN = 1,
	ORCHARD_RIPE,
	ORCHARD_ROTTEN = 9,
};

enum orchard_flags {
	ORCHARD_F_WATERED = 1 << 0,
	ORCHARD_F_PRUNED = 1 << 3,
};

struct orchard_header {
	__s32 row;
	__be16 zone;
	__u8 spare[2];
};

struct orchard_size {
	__u32 height;
	__u16 rings;
	char kind[6];
};

enum orchard_cmd {
	ORCHARD_CMD_UNSPEC,
	ORCHARD_CMD_GET,
	ORCHARD_CMD_SET,
	ORCHARD_CMD_HARVESTED,		/* an event */
	ORCHARD_CMD_COUNT = 7,
	__ORCHARD_CMD_AFTER_LAST,
	ORCHARD_CMD_MAX = __ORCHARD_CMD_AFTER_LAST - 1
};

/**
 * enum orchard_attr - attributes of a row
 * @ORCHARD_A_NOTE: a remark (u16)
 */
enum orchard_attr {
	ORCHARD_A_UNSPEC,
	ORCHARD_A_ROW_IFINDEX,
	ORCHARD_A_TREE,
	ORCHARD_A_TREES,
	ORCHARD_A_GATE,
	ORCHARD_A_GATE6,
	ORCHARD_A_PORT,
	ORCHARD_A_OWNER,
	ORCHARD_A_PLAN = 12,
	ORCHARD_A_SHADE,
	ORCHARD_A_NOTE,
	ORCHARD_A_LEAVES,		/* u64 how many leaves */
	ORCHARD_A_HEIGHTS,
	ORCHARD_A_PAD,
	ORCHARD_A_SECRET,
#ifdef __KERNEL__
	ORCHARD_A_GATES,
#endif
	__ORCHARD_A_AFTER_LAST,
	NUM_ORCHARD_A = __ORCHARD_A_AFTER_LAST,
	ORCHARD_A_MAX = __ORCHARD_A_AFTER_LAST - 1
};

enum {
	ORCHARD_A_TREE_UNSPEC,
	ORCHARD_A_TREE_RIPENESS,
	ORCHARD_A_TREE_FLAGS,
	ORCHARD_A_TREE_SIZE,
	ORCHARD_A_TREE_LABEL,
	ORCHARD_A_TREE_APPLES,
	ORCHARD_A_TREE_BIRD,

	/* add new ones above */
	__ORCHARD_A_TREE_CNT,
	ORCHARD_A_TREE_MAX = (__ORCHARD_A_TREE_CNT - 1)
};

enum {
	ORCHARD_A_BIRD_UNSPEC,
	ORCHARD_A_BIRD_NAME,
	ORCHARD_A_BIRD_NESTS,
	__ORCHARD_A_BIRD_MAX
};
#endif
