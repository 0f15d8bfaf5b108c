# A new organization: policy types, trusted access, units, accounts and policies.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

variable "endpoint" {
  type = string
}

# True to apply the second version of everything that can be updated.
variable "changed" {
  type    = bool
  default = false
}

provider "aws" {
  region                  = "us-east-1"
  access_key              = "999999999999"
  secret_key              = "x"
  skip_metadata_api_check = true
  endpoints {
    securityhub   = var.endpoint
    sts           = var.endpoint
    organizations = var.endpoint
  }
}

resource "aws_organizations_organization" "this" {
  feature_set = "ALL"
  aws_service_access_principals = concat(
    ["securityhub.amazonaws.com"],
    var.changed ? ["config.amazonaws.com", "guardduty.amazonaws.com"] : ["cloudtrail.amazonaws.com"],
  )
  enabled_policy_types = concat(
    ["SERVICE_CONTROL_POLICY", "TAG_POLICY"],
    var.changed ? [] : ["BACKUP_POLICY"],
  )
}

resource "aws_organizations_organizational_unit" "workloads" {
  name      = var.changed ? "Workload accounts" : "Workloads"
  parent_id = aws_organizations_organization.this.roots[0].id
  tags      = var.changed ? { owner = "platform" } : { owner = "cloud", temporary = "yes" }
}

resource "aws_organizations_organizational_unit" "production" {
  name      = "Production"
  parent_id = aws_organizations_organizational_unit.workloads.id
}

resource "aws_organizations_account" "payments" {
  name              = "payments"
  email             = "payments@example.com"
  parent_id         = var.changed ? aws_organizations_organizational_unit.production.id : aws_organizations_organizational_unit.workloads.id
  close_on_deletion = true
  tags              = { owner = "payments" }
}

resource "aws_organizations_policy" "guard" {
  name        = "guard"
  description = var.changed ? "Keeps Security Hub enabled" : "Keeps Security Hub"
  type        = "SERVICE_CONTROL_POLICY"
  content = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "KeepSecurityHub"
      Effect   = "Deny"
      Action   = var.changed ? ["securityhub:Disable*", "securityhub:Disassociate*"] : ["securityhub:DisableSecurityHub"]
      Resource = "*"
    }]
  })
  depends_on = [aws_organizations_organization.this]
}

resource "aws_organizations_policy_attachment" "root" {
  policy_id = aws_organizations_policy.guard.id
  target_id = aws_organizations_organization.this.roots[0].id
}

resource "aws_organizations_policy_attachment" "account" {
  policy_id = aws_organizations_policy.guard.id
  target_id = aws_organizations_account.payments.id
}

resource "aws_organizations_policy" "tags" {
  name = "tags"
  type = "TAG_POLICY"
  content = jsonencode({
    tags = { owner = { tag_key = { "@@assign" = "owner" } } }
  })
  depends_on = [aws_organizations_organization.this]
}

resource "aws_organizations_policy_attachment" "tags" {
  policy_id = aws_organizations_policy.tags.id
  target_id = aws_organizations_organizational_unit.workloads.id
}

data "aws_organizations_policies_for_target" "root" {
  target_id  = aws_organizations_organization.this.roots[0].id
  filter     = "SERVICE_CONTROL_POLICY"
  depends_on = [aws_organizations_policy_attachment.root]
}

output "policies_of_root" {
  value = length(data.aws_organizations_policies_for_target.root.ids)
}
