/* The rules of consumer-process once more: slow, with plain arrays that are searched from end to
 * end, and nothing shared with it but the struct of an event. What the state machine must arrive
 * at. */
#ifndef TEST_ORACLE_H
#define TEST_ORACLE_H

#include "common/base/buf.h"
#include "common/event/codec_json.h"
#include "consumer-process/lowoffset.h"

enum entry_kind { ENTRY_EVENT, ENTRY_MARK, ENTRY_GARBAGE };

struct entry {
    enum entry_kind kind;
    struct tlc_event event;
    int32_t source; /* of a mark */
    enum tlc_mark mark;
    int64_t offset;
    int64_t log_ms;
};

struct oracle;

struct oracle *oracle_new(const struct rules *rules);
void oracle_free(struct oracle *o);
void oracle_apply(struct oracle *o, const struct entry *n);
struct ledger oracle_ledger(const struct oracle *o);
/* Late and refused of an active source; -1 when it is none. source 0: refused of nobody. */
int64_t oracle_late(const struct oracle *o, int32_t source);
int64_t oracle_refused(const struct oracle *o, int32_t source);
/* Every window that a receiver would keep, a JSON text a line, ascending by source and start. */
void oracle_dump(const struct oracle *o, struct tlc_buf *out);

#endif
