"""What is stored: importing this room makes the metadata whole."""

from models.call_back import CallBack
from models.closing import Closing
from models.contact import Contact
from models.evidence import Evidence
from models.extension import Extension
from models.fault import Fault
from models.firing import Firing
from models.measure import Measure
from models.notice import Notice
from models.official import Official
from models.parked_channel import ParkedChannel
from models.policy import Policy
from models.post import Deputy, Holding, Post
from models.problem import CoUnit, Problem
from models.progress import Progress
from models.resident import Resident
from models.run import Run
from models.sending import Sending
from models.suspension import Suspension
from models.trail import Checkpoint, Trail, TrailHead
from models.unit import Unit
from models.workday import Calendar, Workday

__all__ = [
    "Calendar",
    "CallBack",
    "Checkpoint",
    "Closing",
    "CoUnit",
    "Contact",
    "Deputy",
    "Evidence",
    "Extension",
    "Fault",
    "Firing",
    "Holding",
    "Measure",
    "Notice",
    "Official",
    "ParkedChannel",
    "Policy",
    "Post",
    "Problem",
    "Progress",
    "Resident",
    "Run",
    "Sending",
    "Suspension",
    "Trail",
    "TrailHead",
    "Unit",
    "Workday",
]
