# A security account that invites a member, aggregates a second Region, and keeps what a hub can keep.

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
  alias                   = "member"
  region                  = "us-east-1"
  access_key              = "222222222222"
  secret_key              = "x"
  skip_metadata_api_check = true
  endpoints {
    securityhub   = var.endpoint
    sts           = var.endpoint
    organizations = var.endpoint
  }
}

resource "aws_securityhub_account" "administrator" {
  enable_default_standards = false
}

resource "aws_securityhub_account" "member" {
  provider                 = aws.member
  enable_default_standards = false
}

resource "aws_securityhub_member" "member" {
  account_id = "222222222222"
  email      = "member@example.com"
  invite     = true
  depends_on = [aws_securityhub_account.administrator]
}

resource "aws_securityhub_invite_accepter" "member" {
  provider   = aws.member
  master_id  = aws_securityhub_member.member.master_id
  depends_on = [aws_securityhub_account.member]
}

resource "aws_securityhub_finding_aggregator" "home" {
  linking_mode      = "SPECIFIED_REGIONS"
  specified_regions = ["eu-west-1"]
  depends_on        = [aws_securityhub_account.administrator]
}

resource "aws_securityhub_product_subscription" "product" {
  product_arn = "arn:aws:securityhub:us-east-1::product/prowler/prowler"
  depends_on  = [aws_securityhub_account.administrator]
}

resource "aws_securityhub_action_target" "ticket" {
  name        = "Make a ticket"
  identifier  = "Ticket"
  description = "Sends the finding to the tracker"
  depends_on  = [aws_securityhub_account.administrator]
}

resource "aws_securityhub_insight" "open" {
  name               = "open by severity"
  group_by_attribute = "SeverityLabel"
  filters {
    workflow_status {
      comparison = "EQUALS"
      value      = "NEW"
    }
    created_at {
      date_range {
        unit  = "DAYS"
        value = 5
      }
    }
    confidence {
      gte = "0"
    }
  }
  depends_on = [aws_securityhub_account.administrator]
}

resource "aws_securityhub_automation_rule" "quiet" {
  rule_name   = "quiet"
  rule_order  = 1
  description = "What nobody needs to see"
  actions {
    type = "FINDING_FIELDS_UPDATE"
    finding_fields_update {
      severity {
        label   = "LOW"
        product = "0.0"
      }
      types               = ["Software and Configuration Checks/Industry and Regulatory Standards"]
      user_defined_fields = { owner = "platform" }
    }
  }
  criteria {
    aws_account_id {
      comparison = "EQUALS"
      value      = "1234567890"
    }
    resource_type {
      comparison = "PREFIX"
      value      = "AwsS3"
    }
  }
  depends_on = [aws_securityhub_account.administrator]
}
