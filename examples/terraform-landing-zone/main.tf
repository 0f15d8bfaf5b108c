# A landing zone in an existing organization: units and accounts, service control policies, and Security Hub configured
# centrally by a delegated administrator.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

variable "endpoint" {
  description = "URL of the emulator"
  type        = string
  default     = "http://127.0.0.1:4600"
}

variable "changed" {
  description = "Apply the second version of everything that can be updated"
  type        = bool
  default     = false
}

# The management account.
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

# The security account, which administers Security Hub for the organization.
provider "aws" {
  alias                   = "security"
  region                  = "us-east-1"
  access_key              = "111111111111"
  secret_key              = "x"
  skip_metadata_api_check = true
  endpoints {
    securityhub   = var.endpoint
    sts           = var.endpoint
    organizations = var.endpoint
  }
}

data "aws_organizations_organization" "this" {}

data "aws_organizations_organizational_units" "root" {
  parent_id = data.aws_organizations_organization.this.roots[0].id
}

locals {
  root  = data.aws_organizations_organization.this.roots[0].id
  units = { for unit in data.aws_organizations_organizational_units.root.children : unit.name => unit.id }
}

# Units and accounts

resource "aws_organizations_organizational_unit" "production" {
  name      = "Production"
  parent_id = local.units["Workloads"]
}

resource "aws_organizations_organizational_unit" "sandboxes" {
  name      = "Sandboxes"
  parent_id = local.root
}

resource "aws_organizations_account" "orders" {
  name              = "orders"
  email             = "orders@example.com"
  parent_id         = aws_organizations_organizational_unit.production.id
  close_on_deletion = true
  tags              = { owner = var.changed ? "orders" : "platform" }
}

# Service control policies

resource "aws_organizations_policy" "prevent_tamper" {
  name        = "PreventTamper"
  description = "Members cannot leave their administrator or disable Security Hub"
  type        = "SERVICE_CONTROL_POLICY"
  content = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "KeepSecurityHub"
      Effect = "Deny"
      Action = concat(
        [
          "securityhub:DisableSecurityHub",
          "securityhub:DisassociateFromAdministratorAccount",
          "securityhub:DisassociateFromMasterAccount",
        ],
        var.changed ? ["securityhub:BatchDisableStandards"] : [],
      )
      Resource = "*"
    }]
  })
}

resource "aws_organizations_policy_attachment" "workloads" {
  policy_id = aws_organizations_policy.prevent_tamper.id
  target_id = local.units["Workloads"]
}

resource "aws_organizations_policy" "stay" {
  name = "StayInOrganization"
  type = "SERVICE_CONTROL_POLICY"
  content = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Action = "organizations:LeaveOrganization", Resource = "*" }]
  })
}

resource "aws_organizations_policy_attachment" "payments" {
  policy_id = aws_organizations_policy.stay.id
  target_id = "222222222222"
}

# Security Hub. The management account configures its own hub, as no policy is associated with it. Its hub comes first
# and goes last: a member of an administrator cannot disable its hub.

resource "aws_securityhub_account" "management" {
  enable_default_standards = false
}

resource "aws_securityhub_standards_subscription" "cis" {
  standards_arn = "arn:aws:securityhub:us-east-1::standards/cis-aws-foundations-benchmark/v/3.0.0"
  depends_on    = [aws_securityhub_account.management]
}

resource "aws_organizations_delegated_administrator" "config" {
  account_id        = "111111111111"
  service_principal = "config.amazonaws.com"
  depends_on        = [aws_securityhub_organization_admin_account.security]
}

resource "aws_securityhub_organization_admin_account" "security" {
  admin_account_id = "111111111111"
  depends_on       = [aws_securityhub_account.management]
}

resource "aws_securityhub_finding_aggregator" "home" {
  provider     = aws.security
  linking_mode = "ALL_REGIONS"
  depends_on   = [aws_securityhub_organization_admin_account.security]
}

resource "aws_securityhub_organization_configuration" "central" {
  provider              = aws.security
  auto_enable           = false
  auto_enable_standards = "NONE"
  organization_configuration {
    configuration_type = "CENTRAL"
  }
  depends_on = [aws_securityhub_finding_aggregator.home]
}

resource "aws_securityhub_configuration_policy" "baseline" {
  provider    = aws.security
  name        = "baseline"
  description = var.changed ? "Every workload, without EC2.2" : "Every workload"
  configuration_policy {
    service_enabled       = true
    enabled_standard_arns = ["arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0"]
    security_controls_configuration {
      disabled_control_identifiers = var.changed ? ["EC2.2"] : []
    }
  }
  depends_on = [aws_securityhub_organization_configuration.central]
}

resource "aws_securityhub_configuration_policy" "off" {
  provider = aws.security
  name     = "off"
  configuration_policy {
    service_enabled = false
  }
  depends_on = [aws_securityhub_organization_configuration.central]
}

resource "aws_securityhub_configuration_policy_association" "workloads" {
  provider  = aws.security
  target_id = local.units["Workloads"]
  policy_id = aws_securityhub_configuration_policy.baseline.id
}

resource "aws_securityhub_configuration_policy_association" "sandboxes" {
  provider  = aws.security
  target_id = aws_organizations_organizational_unit.sandboxes.id
  policy_id = aws_securityhub_configuration_policy.off.id
}
