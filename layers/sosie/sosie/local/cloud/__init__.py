"""Sosie from Python: `sosie.Cloud`, and the small values that it hands out (docs/python.md)."""

from sosie.local.cloud.clock import Clock, Happening, WorldSettings
from sosie.local.cloud.cloud import Cloud
from sosie.local.cloud.environment import Environment
from sosie.local.cloud.faults import Fault, Faults
from sosie.local.cloud.journal import Diagnosis, Entry, Journal, Message
from sosie.local.cloud.mailbox import Mail, Mailbox
from sosie.local.cloud.residents import Installation, NotThereError, Organization, Region, User

__all__ = [
    "Clock",
    "Cloud",
    "Diagnosis",
    "Entry",
    "Environment",
    "Fault",
    "Faults",
    "Happening",
    "Installation",
    "Journal",
    "Mail",
    "Mailbox",
    "Message",
    "NotThereError",
    "Organization",
    "Region",
    "User",
    "WorldSettings",
]
