"""Findings that boto3 reads by GetFindingsV2 are valid by the public schema of OCSF 1.6.0, except where AWS departs from it."""

import collections

import boto3
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

# Attributes that AWS sends although the public schema does not have them: their object, their names, and, as a comment,
# the evidence that AWS sends them.
DEPARTURES = [
    # Recorded findings in elastic/integrations, packages/aws_securityhub.
    ("resources[]", {"provider"}),
    # AWS's extension of OCSF: the enum OcsfStringField of the service model has fields with these names.
    ("resources[]", {"cloud_function", "device", "image", "subnet_info", "vpc_uid"}),
    # Recorded in aws-solutions/automated-security-response-on-aws, and named in OcsfStringField. The attribute belongs
    # to the profile data_classification, which is not among the recorded profiles of version 1.6.0.
    ("databucket.file", {"data_classifications"}),
    # Exposures have this attribute. OcsfStringField and GroupByField name it.
    ("", {"likelihood"}),
]


def read_all():
    hub = boto3.client("securityhub")
    findings, token = [], None
    while True:
        answer = hub.get_findings_v2(MaxResults=100, **({"NextToken": token} if token else {}))
        findings += answer["Findings"]
        token = answer.get("NextToken")
        if not token:
            return findings


def place(error):
    steps = ["[]" if isinstance(step, int) else f".{step}" for step in error.absolute_path]
    return "".join(steps).lstrip(".")


def is_departure(error):
    if error.validator != "additionalProperties":
        return False
    unknown = set(error.instance) - set(error.schema["properties"])
    allowed = set().union(*(names for where, names in DEPARTURES if where == place(error)))
    return unknown <= allowed


class Validator:
    def __init__(self, version):
        self.schemas = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=version))
        self.validators = {}

    def errors(self, finding):
        key = (finding["class_uid"], *finding["metadata"]["profiles"])
        if key not in self.validators:
            name = self.schemas.lookup_class_name_from_uid(class_uid=key[0])
            schema = self.schemas.get_class_schema(class_name=name, profiles=list(key[1:]))
            self.validators[key] = Draft202012Validator(schema)
        return [error for error in self.validators[key].iter_errors(finding) if not is_departure(error)]


def main():
    boto3.client("securityhub").enable_security_hub_v2()
    findings = read_all()
    classes = collections.Counter(finding["class_uid"] for finding in findings)
    assert set(classes) == {2002, 2003, 2004, 2006}, classes
    validator = Validator("1.6.0")
    for finding in findings:
        for error in validator.errors(finding):
            raise AssertionError(f"{finding['metadata']['product']['uid']}: {place(error)}: {error.message[:500]}")
    print(f"{len(findings)} findings are valid: {dict(classes)}")


if __name__ == "__main__":
    main()
