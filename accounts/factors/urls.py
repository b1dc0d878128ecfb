"""URLs of second factors and passkeys: the addresses and names of allauth's, with our views.

Missing is the download of recovery codes: they are shown once, and the page itself can save them.
"""

from django.urls import path
from django.views.generic import RedirectView

from accounts.factors import views

urlpatterns = [
    path("2fa/", views.Index.as_view(), name="mfa_index"),
    path("2fa/authenticate/", views.Authenticate.as_view(), name="mfa_authenticate"),
    path("2fa/reauthenticate/", views.Reauthenticate.as_view(), name="mfa_reauthenticate"),
    path("2fa/totp/activate/", views.ActivateTOTP.as_view(), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", views.DeactivateTOTP.as_view(), name="mfa_deactivate_totp"),
    path("2fa/recovery-codes/", views.ViewCodes.as_view(), name="mfa_view_recovery_codes"),
    path("2fa/recovery-codes/generate/", views.MakeCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("2fa/webauthn/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    path("2fa/webauthn/add/", views.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("2fa/webauthn/login/", views.LogInByPasskey.as_view(), name="mfa_login_webauthn"),
    path("2fa/webauthn/reauthenticate/", views.ReauthenticateByPasskey.as_view(), name="mfa_reauthenticate_webauthn"),
    path("2fa/webauthn/keys/<int:pk>/edit/", views.RenamePasskey.as_view(), name="mfa_edit_webauthn"),
    path("2fa/webauthn/keys/<int:pk>/remove/", views.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
]
