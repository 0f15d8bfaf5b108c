"""boto3 calls every operation of the V2 half and of connectors, and parses each response without losing members.

The calls are those of ../programs/v2-calls.json: operation, input and, if the call is refused, its error code. A value such
as `{GetFindingsV2.Findings.0.metadata.uid}` is taken from an earlier answer, `?name` from the query of an address.
"""

import json
import pathlib
import urllib.parse

import boto3
import botocore.exceptions
from botocore import xform_name

CALLS = json.loads((pathlib.Path(__file__).parent.parent / "programs/v2-calls.json").read_text())


def resolved(value, answers):
    if isinstance(value, dict):
        return {name: resolved(member, answers) for name, member in value.items()}
    if isinstance(value, list):
        return [resolved(item, answers) for item in value]
    if not (isinstance(value, str) and value.startswith("{")):
        return value
    path, _, parameter = value.strip("{}").partition("?")
    for step in path.split("."):
        answers = answers[int(step)] if isinstance(answers, list) else answers[step]
    return urllib.parse.parse_qs(urllib.parse.urlsplit(answers).query)[parameter][0] if parameter else answers


def is_read(sent, read, shape):
    """Returns whether each sent member that is not null was read, also within structures and lists."""
    if shape.type_name == "structure" and not shape.is_document_type:
        return all(
            name in shape.members and name in read and is_read(value, read[name], shape.members[name])
            for name, value in sent.items()
        )
    if shape.type_name == "list":
        return len(sent) == len(read) and all(is_read(*pair, shape.member) for pair in zip(sent, read))
    if shape.type_name == "map":
        return sent.keys() == read.keys() and all(is_read(sent[key], read[key], shape.value) for key in sent)
    return shape.type_name == "timestamp" or sent == read


def main():
    hub = boto3.client("securityhub")
    names = hub.meta.service_model.operation_names
    wanted = {name for name in names if name.endswith("V2") or "Connector" in name}
    assert wanted == {call[0] for call in CALLS}, wanted ^ {call[0] for call in CALLS}
    bodies = []
    hub.meta.events.register("before-parse.securityhub", lambda response_dict, **_: bodies.append(response_dict["body"]))
    answers = {}
    for operation, sent, *code in CALLS:
        try:
            answer = getattr(hub, xform_name(operation))(**resolved(sent, answers))
        except botocore.exceptions.ClientError as error:
            assert [error.response["Error"]["Code"]] == code, f"{operation}: {error}"
            continue
        assert not code, f"{operation}: expected {code}, got {answer}"
        answers[operation] = answer
        shape = hub.meta.service_model.operation_model(operation).output_shape
        assert is_read(json.loads(bodies[-1]), answer, shape), f"{operation}: {bodies[-1]} was read as {answer}"
    print(f"{len(CALLS)} calls")


if __name__ == "__main__":
    main()
