"""Single sign-on by OpenID Connect, as a setting."""
