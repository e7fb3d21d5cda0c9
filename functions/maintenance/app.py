"""The maintenance function: what the cloud does on schedule, in every world and both regions."""

from __future__ import annotations

from sosie.functions.schedule import scheduled_function
from sosie.wiring import lambda_maintenance

handler = scheduled_function(lambda_maintenance())
