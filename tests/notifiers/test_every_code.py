"""Each code of each vendor over its own channel: what it means for the notice, and that none is left out."""

import pytest
from channel_codes import FORMS, JUDGED, OF_ITS_OWN, STALE, TABLES
from channel_sending import WAYS

from notifiers.message import Accepted, Refused
from xiaohao.vocabulary import Channel

EACH_FORM = [(word, code, why) for word, forms in FORMS.items() for code, why in forms.items()]


@pytest.mark.parametrize("word", JUDGED)
def test_each_code_is_judged(word: Channel) -> None:
    """The next try is byte for byte the first."""
    way, expected = WAYS[word], JUDGED[word]
    with way.standin() as standin:
        of = way.settings(standin.base)
        standin.refuse(*expected)
        receipts = way.send(of, times=len(expected))
        assert dict(zip(expected, receipts, strict=True)) == expected
        assert standin.taken == 0
        (receipt,) = way.send(of)
        assert isinstance(receipt, Accepted)
        assert len({call.body for call in standin.messages}) == 1


@pytest.mark.parametrize("word", TABLES)
def test_every_code_of_the_table_has_a_test(word: Channel) -> None:
    tried = (JUDGED, FORMS, STALE, OF_ITS_OWN)
    assert set(TABLES[word]) == {code for each in tried for code in each.get(word, ())} - {987654}


@pytest.mark.parametrize(("word", "code", "why"), EACH_FORM)
def test_a_form_that_is_not_taken_goes_once_more_as_text(word: Channel, code: int, why: str) -> None:
    way = WAYS[word]
    with way.standin() as standin:
        of = way.settings(standin.base)
        standin.refuse(code)
        (receipt,) = way.send(of)
        assert isinstance(receipt, Accepted)
        assert [each.kind for each in standin.delivered] == ["text"]
        standin.refuse(code, code)
        assert way.send(of, key="another") == [Refused(code, why)]
        assert len(standin.messages) == 4
        standin.refuse(code, 987654)
        assert way.send(of, key="a third") == [JUDGED[word][987654]]
