# A security account that invites a member, aggregates a second Region, and has all resources of a hub.

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
  enable_default_standards  = false
  auto_enable_controls      = !var.changed
  control_finding_generator = var.changed ? "STANDARD_CONTROL" : "SECURITY_CONTROL"
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
  linking_mode      = var.changed ? "ALL_REGIONS_EXCEPT_SPECIFIED" : "SPECIFIED_REGIONS"
  specified_regions = ["eu-west-1"]
  depends_on        = [aws_securityhub_account.administrator]
}

resource "aws_securityhub_product_subscription" "product" {
  product_arn = "arn:aws:securityhub:us-east-1::product/prowler/prowler"
  depends_on  = [aws_securityhub_account.administrator]
}

resource "aws_securityhub_action_target" "ticket" {
  name        = var.changed ? "Make a task" : "Make a ticket"
  identifier  = "Ticket"
  description = var.changed ? "Sends the finding to the planner" : "Sends the finding to the tracker"
  depends_on  = [aws_securityhub_account.administrator]
}

resource "aws_securityhub_insight" "open" {
  name               = var.changed ? "open by type" : "open by severity"
  group_by_attribute = var.changed ? "ResourceType" : "SeverityLabel"
  filters {
    # Sets, listed in another order than the one in which the provider sends them.
    workflow_status {
      comparison = "EQUALS"
      value      = "NOTIFIED"
    }
    workflow_status {
      comparison = "EQUALS"
      value      = "NEW"
    }
    workflow_status {
      comparison = "EQUALS"
      value      = "RESOLVED"
    }
    created_at {
      date_range {
        unit  = "DAYS"
        value = var.changed ? 9 : 5
      }
    }
    updated_at {
      start = "2026-01-10T08:00:00Z"
      end   = "2026-01-12T08:00:00+01:00"
    }
    confidence {
      gte = "0"
    }
    confidence {
      eq = "99.5"
    }
    network_source_ipv4 {
      cidr = "10.0.0.0/16"
    }
    resource_tags {
      comparison = "NOT_EQUALS"
      key        = "owner"
      value      = "nobody"
    }
  }
  depends_on = [aws_securityhub_account.administrator]
}

resource "aws_securityhub_automation_rule" "quiet" {
  rule_name   = "quiet"
  rule_order  = var.changed ? 2 : 1
  description = var.changed ? "What few need to see" : "What nobody needs to see"
  rule_status = var.changed ? "DISABLED" : "ENABLED"
  is_terminal = var.changed
  tags        = var.changed ? { team = "blue", since = "2026" } : { team = "red", stage = "test" }
  actions {
    type = "FINDING_FIELDS_UPDATE"
    finding_fields_update {
      severity {
        label   = "LOW"
        product = "0.0"
      }
      confidence          = 20
      criticality         = var.changed ? 40 : 30
      types               = ["Software and Configuration Checks/Industry and Regulatory Standards"]
      user_defined_fields = { owner = "platform" }
      verification_state  = var.changed ? "UNKNOWN" : null
    }
  }
  criteria {
    aws_account_id {
      comparison = "EQUALS"
      value      = "222222222222"
    }
    aws_account_id {
      comparison = "EQUALS"
      value      = "111111111111"
    }
    resource_type {
      comparison = "PREFIX"
      value      = var.changed ? "AwsEc2" : "AwsS3"
    }
    dynamic "criticality" {
      for_each = var.changed ? [] : ["50"]
      content {
        lte = criticality.value
      }
    }
  }
  depends_on = [aws_securityhub_account.administrator]
}
