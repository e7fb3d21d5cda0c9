"""Answers with a text of the length that is asked for: shows what Lambda itself carries."""


def handler(event, context):
    return "x" * event["length"]
