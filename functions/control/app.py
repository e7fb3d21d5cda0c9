"""The control function: the control plane, which only Sosie has."""

from __future__ import annotations

from sosie.functions.http import http_function
from sosie.wiring import lambda_service

handler = http_function(lambda_service("control"))
