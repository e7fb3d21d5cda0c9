"""The floor: what Lambda costs a handler that routes with Powertools, reads one item with boto3, and does no more."""

import os

import boto3
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

app = APIGatewayHttpResolver()
table = boto3.client("dynamodb")


@app.get("/<path>")
def answer(path):
    key = {"pk": {"S": "floor"}, "sk": {"S": path}}
    return {"found": "Item" in table.get_item(TableName=os.environ["SOSIE_TABLE"], Key=key)}


def handler(event, context):
    return app.resolve(event, context)
