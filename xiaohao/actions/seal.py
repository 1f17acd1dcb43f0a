"""检查点: the root of the trail's tree, written down where it has grown."""

from xiaohao.ledger import trail
from xiaohao.ledger.trail import Head
from xiaohao.ledger.writing import Ledger


def seal(ledger: Ledger) -> Head:
    """Write a checkpoint where the tree has grown since the last; its size and root either way."""
    with ledger.reading() as r:
        now = trail.head(r.conn)
        if not now.size or trail.is_checkpointed(r.conn, now.size):
            return now
    with ledger.quiet_writing() as conn:
        return trail.checkpoint(conn)
