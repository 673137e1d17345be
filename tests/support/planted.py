"""Secrets in every form in which a text may hold them, to be found nowhere afterwards."""

from __future__ import annotations

from typing import Final

PLANTED: Final = "Zebra7Hunter2Zebra"
"""A secret that nothing knows as one, but for what stands around it."""

FORMS: Final = {
    "password of a camera": "rtsp://op:{0}@10.0.0.7/1",
    "the same, with signs": "rtsp://op:a@{0};x,y@10.0.0.7/1",
    "address in an address": "https://proxy/?url=rtsp%3A%2F%2Fop%3A{0}%4010.0.0.7%2F1",
    "key of a stream": "rtmp://10.0.0.7/live/{0}",
    "key of a stream, longer": "rtmps://cdn.example:443/app/instance/{0}?backup=1",
    "key of a stream alone": "rtmp://10.0.0.7/{0}",
    "key of a stream in words": "rtmp://10.0.0.7/live/{0}: connection refused",
    "key of SRT": "srt://10.0.0.7:9000?streamid=publish:cam:op:{0}&passphrase={0}",
    "query": "https://api.example/v1?api_key={0}&x=1",
    "query of a cloud": "https://s3.example/a.jpg?X-Amz-Signature={0}&X-Amz-Credential={0}",
    "query of a robot": "https://oapi.example/robot/send?access_token={0}",
    "query of a function": "https://f.example/api/x?code={0}",
    "query in JSON of Go": '"https://api.example/v1?x=1\\u0026token={0}"',
    "webhook of a chat": "https://hooks.slack.com/services/T000/B000/{0}",
    "webhook of another": "https://discord.com/api/webhooks/1234/{0}",
    "webhook of a third": "https://open.feishu.cn/open-apis/bot/v2/hook/{0}",
    "robot of a messenger": "https://api.telegram.org/bot123456:{0}/sendMessage",
    "property": "sasl.password={0}",
    "property with signs": "sasl.password={0},;&){0}",
    "property in quotes": 'sasl.password="a\\"{0}"',
    "login module": 'sasl.jaas.config=o.a.k.PlainLoginModule required username="u" password="{0};a";',
    "login module, bare": "sasl.jaas.config: ScramLoginModule required username=u password={0};",
    "login module in JSON": r'"sasl.jaas.config": "PlainLoginModule required password=\"a;{0}\";"',
    "login module on lines": 'sasl.jaas.config=X required \\\n  username="u" \\\n  password="a;{0}";',
    "schema registry": "basic.auth.user.info=user:{0}@x",
    "password of mail": "smtp login failed, password: {0}",
    "command line": "main.py --mail-password {0} --x",
    "JSON": '{{"api_key": "{0}"}}',
    "JSON in JSON": r"{{\"api_key\": \"{0}\"}}",
    "header": "X-Api-Key: {0}",
    "header of a cloud": "Ocp-Apim-Subscription-Key: {0}",
    "bearer": "Authorization: Bearer {0}|more%20",
    "bearer, short header": "authorization=ApiKey {0}",
    "digest": 'Authorization: Digest username="u", response="{0}"',
    "cookie": "Set-Cookie: session={0}; Path=/",
    "key in a prompt": "You are a guard. Use the key sk-{0} for it.",
    "key of another maker": "with gsk_{0} or AIza{0}",
    "signed token": "eyJhbGciOiJIUzI1NiJ9.{0}.{0}",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\n{0}\n-----END RSA PRIVATE KEY-----",
}
"""The ways, by what they are; `{0}` stands for the secret."""
