"""What a user may do, for templates."""

from django import template

from accounts import roles

register = template.Library()
register.filter("may_review", roles.may_review)
