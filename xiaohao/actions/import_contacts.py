"""导入 of contacts: accounts and mail addresses of people, robots of units, against those that are known."""

from collections.abc import Sequence

from xiaohao.ledger.contacts import Contacts, Way
from xiaohao.vocabulary import Channel

NONE = "无"
"""Written in a cell it takes an address away; an empty cell changes nothing."""


class ContactBook:
    """Every address that the ledger knows, and what this import changes."""

    def __init__(self, known: Contacts) -> None:
        self.new = Contacts()
        self._known = known

    def reach_official(self, official_id: int, written: Sequence[tuple[str, str]]) -> bool:
        """What a line of a list says of an official: channel and address. Whether anything changes."""
        return _changed(self._known.officials, self.new.officials, official_id, written)

    def reach_unit(self, unit_id: int, written: Sequence[tuple[str, str]]) -> bool:
        """What a line of a list says of a unit's groups: channel and robot. Whether anything changes."""
        return _changed(self._known.units, self.new.units, unit_id, written)


def _changed(
    known: dict[Way, str], new: dict[Way, str], owner: int, written: Sequence[tuple[str, str]]
) -> bool:
    changes = False
    for code, address in written:
        way, wanted = (owner, Channel(code)), "" if address == NONE else address
        if not address or new.get(way, known.get(way, "")) == wanted:
            continue
        new[way] = wanted
        changes = True
    return changes
