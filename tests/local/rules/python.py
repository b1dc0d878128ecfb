"""What each rule of local/audit/rules/python.yml must find, and must not."""

# ruleid: way-out
import requests

# ruleid: way-out
from urllib.request import urlopen

# ok: way-out
from urllib.parse import urlencode

# ruleid: unescaped-html
mark_safe(name)
# ruleid: unescaped-html
format_html(f"<b>{name}</b>")
# ok: unescaped-html
mark_safe("<br>")
# ok: unescaped-html
format_html("<b>{}</b>", name)

# ruleid: code-in-data
pickle.loads(data)
# ruleid: code-in-data
yaml.load(text)
# ok: code-in-data
yaml.safe_load(text)
# ruleid: code-in-data
keras.saving.load_model(path, compile=False)
# ruleid: code-in-data
keras.models.load_model(path, safe_mode=False)
# ok: code-in-data
keras.saving.load_model(path, compile=False, safe_mode=True)

# ruleid: any-image-format
Image.open(file)
# ok: any-image-format
Image.open(file, formats=("PNG",))

# ruleid: sql-from-parts
cursor.execute(f"SELECT * FROM t WHERE name = '{name}'")
# ruleid: sql-from-parts
cursor.execute("SELECT * FROM t WHERE name = '%s'" % name)
# ruleid: sql-from-parts
Submission.objects.raw(f"SELECT * FROM t WHERE name = '{name}'")
# ok: sql-from-parts
cursor.execute("SELECT * FROM t WHERE name = %s", [name])

# ruleid: shell
subprocess.run(command, shell=True)
# ruleid: shell
os.system(command)
# ok: shell
subprocess.run([program, name], check=True)


# ruleid: no-csrf-check
@csrf_exempt
def view(request):
    pass


# ok: no-csrf-check
@require_POST
def other_view(request):
    pass


# ruleid: open-redirect
redirect(request.GET["next"])
# ruleid: open-redirect
HttpResponseRedirect(request.GET.get("next", "/"))
# ok: open-redirect
redirect("history")

# ruleid: row-of-anybody
Submission.objects.get(pk=pk)
# ruleid: row-of-anybody
get_object_or_404(Submission, id=id_)
# ok: row-of-anybody
ModelVersion.objects.get(pk=pk)
# ok: row-of-anybody
get_object_or_404(Submission.objects.of(user), id=id_)

# ruleid: secret-in-log
logger.info("logged in with %s", password)
# ruleid: secret-in-log
logger.warning(f"wrong token {request.token}")
# ok: secret-in-log
logger.info("token %s was deleted", token_id)
