# A delegated administrator that configures its organization from one Region.

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
  access_key              = "111111111111"
  secret_key              = "x"
  skip_metadata_api_check = true
  endpoints {
    securityhub   = var.endpoint
    sts           = var.endpoint
    organizations = var.endpoint
  }
}

provider "aws" {
  alias                   = "management"
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

data "aws_organizations_organization" "this" {
  provider = aws.management
}

data "aws_organizations_organizational_units" "this" {
  provider  = aws.management
  parent_id = data.aws_organizations_organization.this.roots[0].id
}

locals {
  units = { for unit in data.aws_organizations_organizational_units.this.children : unit.name => unit.id }
}

resource "aws_securityhub_organization_admin_account" "security" {
  provider         = aws.management
  admin_account_id = "111111111111"
}

resource "aws_securityhub_finding_aggregator" "home" {
  linking_mode = "ALL_REGIONS"
  depends_on   = [aws_securityhub_organization_admin_account.security]
}

resource "aws_securityhub_organization_configuration" "central" {
  auto_enable           = false
  auto_enable_standards = "NONE"
  organization_configuration {
    configuration_type = "CENTRAL"
  }
  depends_on = [aws_securityhub_finding_aggregator.home]
}

resource "aws_securityhub_configuration_policy" "baseline" {
  name        = "baseline"
  description = var.changed ? "What every workload needs" : "What every workload has"
  configuration_policy {
    service_enabled       = true
    enabled_standard_arns = ["arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0"]
    security_controls_configuration {
      disabled_control_identifiers = var.changed ? ["S3.1", "EC2.2"] : []
    }
  }
  depends_on = [aws_securityhub_organization_configuration.central]
}

resource "aws_securityhub_configuration_policy" "chosen" {
  name = "chosen"
  configuration_policy {
    service_enabled       = true
    enabled_standard_arns = ["arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0"]
    security_controls_configuration {
      enabled_control_identifiers = ["IAM.7", "APIGateway.1", "ACM.1"]
      # A list, which is returned in the same order.
      security_control_custom_parameter {
        security_control_id = "IAM.7"
        parameter {
          name       = "RequireNumbers"
          value_type = "CUSTOM"
          bool {
            value = false
          }
        }
        parameter {
          name       = "MaxPasswordAge"
          value_type = "CUSTOM"
          int {
            value = var.changed ? 60 : 30
          }
        }
      }
      security_control_custom_parameter {
        security_control_id = "APIGateway.1"
        parameter {
          name       = "loggingLevel"
          value_type = "CUSTOM"
          enum {
            value = "INFO"
          }
        }
      }
      security_control_custom_parameter {
        security_control_id = "ACM.1"
        parameter {
          name       = "daysToExpiration"
          value_type = "DEFAULT"
        }
      }
    }
  }
  depends_on = [aws_securityhub_organization_configuration.central]
}

resource "aws_securityhub_configuration_policy" "off" {
  name = "off"
  configuration_policy {
    service_enabled = false
  }
  depends_on = [aws_securityhub_organization_configuration.central]
}

resource "aws_securityhub_configuration_policy_association" "workload" {
  target_id = "222222222222"
  policy_id = var.changed ? aws_securityhub_configuration_policy.chosen.id : aws_securityhub_configuration_policy.baseline.id
}

resource "aws_securityhub_configuration_policy_association" "sandboxes" {
  target_id = local.units["Sandboxes"]
  policy_id = aws_securityhub_configuration_policy.off.id
}

resource "aws_securityhub_configuration_policy_association" "security" {
  target_id = local.units["Security"]
  policy_id = aws_securityhub_configuration_policy.chosen.id
}

# An account of the organization becomes a member at once, which the provider reads as an invitation (hashicorp/terraform-provider-aws
# issue 21243).
resource "aws_securityhub_member" "organization" {
  account_id = "444444444444"
  depends_on = [aws_securityhub_organization_configuration.central]
  lifecycle {
    ignore_changes = [invite]
  }
}
