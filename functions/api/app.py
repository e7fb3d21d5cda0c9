"""The api function: organizations, sponsorships, licences and accounts, of every world and both regions."""

from __future__ import annotations

from sosie.functions.http import http_function
from sosie.wiring import lambda_service

handler = http_function(lambda_service("api"))
