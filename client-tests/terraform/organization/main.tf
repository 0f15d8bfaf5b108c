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
  description = "What every workload has"
  configuration_policy {
    service_enabled       = true
    enabled_standard_arns = ["arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0"]
    security_controls_configuration {
      disabled_control_identifiers = []
    }
  }
  depends_on = [aws_securityhub_organization_configuration.central]
}

resource "aws_securityhub_configuration_policy_association" "workload" {
  target_id = "222222222222"
  policy_id = aws_securityhub_configuration_policy.baseline.id
}
