"""佐证材料 as an act: the file lies there first, then its row."""

from datetime import date
from pathlib import Path

from builders import a_problem
from district import District

from xiaohao.actions import evidence
from xiaohao.errors import MoveNotAllowed, NotFound, Refused
from xiaohao.vocabulary import Action, EvidencePhase

DAY = date(2026, 11, 3)
PHOTO = b"\xff\xd8\xff\xe1 a photo"


def adds(district: District, path: Path, by: str = "陈静", number: str = "HL-1") -> None:
    who = district.who(by)
    phase = EvidencePhase.AFTER
    evidence.add(district.ledger, district.files, number, path, phase=phase, by=who, on=DAY)


def test_a_photo_is_stored_and_listed(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    with staffed.leaves_one_entry(Action.EVIDENCE):
        adds(staffed, staffed.file("整改后.jpg", PHOTO))
    (line,) = evidence.listed(staffed.ledger, "HL-1")
    assert (line.position, line.round, line.name, line.media_type) == (1, 1, "整改后.jpg", "image/jpeg")
    assert (line.size, line.phase, line.on, line.by) == (len(PHOTO), EvidencePhase.AFTER, DAY, "陈静")
    assert staffed.files.path_of(line.sha256).read_bytes() == PHOTO


def test_the_same_content_is_no_second_piece_of_evidence(staffed: District) -> None:
    staffed.has(a_problem("HL-1"), a_problem("HL-2", title="路灯不亮"))
    adds(staffed, staffed.file("整改后.jpg", PHOTO))
    with staffed.refuses(Refused, "“又一张.jpg”", "已有的佐证材料“整改后.jpg”内容相同"):
        adds(staffed, staffed.file("又一张.jpg", PHOTO))
    adds(staffed, staffed.file("整改后.jpg", PHOTO), number="HL-2")


def test_a_refused_file_leaves_no_row(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    with staffed.refuses(Refused, "不是可以存的佐证材料"):
        adds(staffed, staffed.file("程序.jpg", b"MZ\x90\x00"))
    with staffed.refuses(NotFound, "没有找到文件"):
        adds(staffed, staffed.folder / "没有.jpg")


def test_only_the_problems_line_adds_evidence(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    with staffed.refuses(MoveNotAllowed, "刘芳", "不能办理“佐证材料”"):
        adds(staffed, staffed.file("整改后.jpg", PHOTO), by="刘芳")
