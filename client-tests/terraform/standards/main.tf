# Standards and controls of an account, and a product whose findings the account accepts.

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
    securityhub = var.endpoint
    sts         = var.endpoint
  }
}

resource "aws_securityhub_account" "this" {
  enable_default_standards = false
}

resource "aws_securityhub_standards_subscription" "cis" {
  standards_arn = "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0"
  depends_on    = [aws_securityhub_account.this]
}

resource "aws_securityhub_standards_subscription" "pci" {
  standards_arn = "arn:aws:securityhub:us-east-1::standards/pci-dss/v/3.2.1"
  depends_on    = [aws_securityhub_account.this]
}

resource "aws_securityhub_standards_control" "passwords" {
  standards_control_arn = "arn:aws:securityhub:us-east-1:111111111111:control/cis-aws-foundations-benchmark/v/1.2.0/1.10"
  control_status        = var.changed ? "ENABLED" : "DISABLED"
  disabled_reason       = var.changed ? null : "Single sign-on looks after passwords"
  depends_on            = [aws_securityhub_standards_subscription.cis]
}

resource "aws_securityhub_standards_control_association" "hardware_tokens" {
  security_control_id = "IAM.6"
  standards_arn       = aws_securityhub_standards_subscription.pci.standards_arn
  association_status  = var.changed ? "ENABLED" : "DISABLED"
  updated_reason      = var.changed ? "The root user is used again" : "Nobody uses the root user"
}

resource "aws_securityhub_standards_control_association" "without_reason" {
  security_control_id = "IAM.9"
  standards_arn       = aws_securityhub_standards_subscription.pci.standards_arn
  association_status  = "ENABLED"
}

data "aws_securityhub_standards_control_associations" "hardware_tokens" {
  security_control_id = "IAM.6"
  depends_on          = [aws_securityhub_standards_subscription.pci]

  lifecycle {
    postcondition {
      condition = anytrue([
        for association in self.standards_control_associations :
        association.standards_arn == "arn:aws:securityhub:us-east-1::standards/pci-dss/v/3.2.1"
        && association.security_control_arn == "arn:aws:securityhub:us-east-1:111111111111:security-control/IAM.6"
        && length(association.standards_control_title) > 0
      ])
      error_message = "PCI DSS contains IAM.6, with a separate title."
    }
  }
}

resource "aws_securityhub_product_subscription" "prowler" {
  product_arn = "arn:aws:securityhub:us-east-1::product/prowler/prowler"
  depends_on  = [aws_securityhub_account.this]
}
