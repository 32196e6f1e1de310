/** What a page can try on a server whose address it knows. */

export interface Attempt {
  name: string;
  /** The call that the server serves when the attempt succeeds, and with which code. */
  serves: "RunCode" | "ShareCode" | "GetCodeByID" | "DeleteCode";
  code?: "INVALID_ARGUMENT";
  /** Whether the page gets the answer's text, too, when it succeeds. */
  reads?: true;
  /**
   * The body of an async function in the page. It has `api`, the server's origin; `id`, a stored snippet's; `json`, a
   * request to run or share; `frame()`, a new hidden frame's name. It may return what it has read.
   */
  script: string;
}

/** Submits a form into a hidden frame. */
const form = (path: string, encoding: string) => `
  const form = document.createElement("form");
  form.method = "post";
  form.enctype = ${JSON.stringify(encoding)};
  form.action = api + ${JSON.stringify(path)};
  form.target = frame();
  const field = document.createElement("input");
  // As text/plain a form sends name=value: the name holds the request, and the rest is a field that is ignored.
  field.name = json.slice(0, -1) + ',"ignored":"';
  field.value = '"}';
  form.append(field);
  document.body.append(form);
  form.submit();`;

/** Adds an element that loads the snippet. */
const element = (tag: string, properties: string) => `
  const element = Object.assign(document.createElement(${JSON.stringify(tag)}), ${properties});
  document.body.append(element);`;

export const attempts: readonly Attempt[] = [
  { name: "a form of text/plain", serves: "RunCode", script: form("/run", "text/plain") },
  {
    name: "a form that is URL-encoded",
    serves: "RunCode",
    code: "INVALID_ARGUMENT",
    script: form("/run", "application/x-www-form-urlencoded"),
  },
  { name: "a form in parts", serves: "ShareCode", code: "INVALID_ARGUMENT", script: form("/share", "multipart/form-data") },
  {
    name: "fetch from a sandboxed frame, whose origin is null",
    serves: "RunCode",
    script: `
      const sandboxed = document.createElement("iframe");
      sandboxed.sandbox = "allow-scripts";
      sandboxed.srcdoc = "<script>fetch('" + api + "/run', { method: 'POST', body: " + JSON.stringify(json) + " })</" + "script>";
      document.body.append(sandboxed);`,
  },
  {
    name: "fetch, no-cors, text/plain",
    serves: "RunCode",
    script: `await fetch(api + "/run", { method: "POST", mode: "no-cors", body: json });`,
  },
  {
    name: "fetch, no-cors, the type of a form",
    serves: "ShareCode",
    script: `await fetch(api + "/share", { method: "POST", mode: "no-cors", body: new Blob([json], { type: "application/x-www-form-urlencoded" }) });`,
  },
  {
    name: "fetch, no-cors, after the page has gone",
    serves: "ShareCode",
    script: `fetch(api + "/share", { method: "POST", mode: "no-cors", keepalive: true, body: json });`,
  },
  { name: "sendBeacon", serves: "ShareCode", script: `navigator.sendBeacon(api + "/share", json);` },
  {
    name: "fetch, cors, without a preflight",
    serves: "RunCode",
    reads: true,
    script: `return (await fetch(api + "/run", { method: "POST", body: json })).text();`,
  },
  {
    name: "fetch, cors, with a preflight",
    serves: "RunCode",
    reads: true,
    script: `return (await fetch(api + "/run", { method: "POST", headers: { "content-type": "application/json" }, body: json })).text();`,
  },
  { name: "fetch, cors, of a snippet", serves: "GetCodeByID", reads: true, script: `return (await fetch(api + "/shared/" + id)).text();` },
  { name: "fetch, no-cors, of a snippet", serves: "GetCodeByID", script: `await fetch(api + "/shared/" + id, { mode: "no-cors" });` },
  {
    name: "XMLHttpRequest",
    serves: "GetCodeByID",
    reads: true,
    script: `
      const request = new XMLHttpRequest();
      request.open("GET", api + "/shared/" + id, false);
      request.send();
      return request.responseText;`,
  },
  {
    name: "fetch that deletes",
    serves: "DeleteCode",
    script: `await fetch(api + "/shared/" + id + "?user_id=1", { method: "DELETE" });`,
  },
  { name: "an image", serves: "GetCodeByID", script: element("img", `{ src: api + "/shared/" + id }`) },
  { name: "a script", serves: "GetCodeByID", script: element("script", `{ src: api + "/shared/" + id }`) },
  { name: "a module", serves: "GetCodeByID", script: element("script", `{ type: "module", src: api + "/shared/" + id }`) },
  { name: "a style sheet", serves: "GetCodeByID", script: element("link", `{ rel: "stylesheet", href: api + "/shared/" + id }`) },
  { name: "a frame", serves: "GetCodeByID", script: element("iframe", `{ src: api + "/shared/" + id }`) },
  { name: "an object", serves: "GetCodeByID", script: element("object", `{ data: api + "/shared/" + id }`) },
  { name: "a video", serves: "GetCodeByID", script: element("video", `{ src: api + "/shared/" + id }`) },
  { name: "EventSource", serves: "GetCodeByID", script: `new EventSource(api + "/shared/" + id);` },
  { name: "WebSocket", serves: "GetCodeByID", script: `new WebSocket(api.replace("http", "ws") + "/shared/" + id);` },
];

/** The attempt as an expression for a page. A browser that blocks it throws, which is an end like any other. */
export const expressionOf = (
  { script }: Attempt,
  { api, id, json }: { api: string; id: bigint; json: string },
) => `(async (api, id, json) => {
  const frame = () => {
    const hidden = document.createElement("iframe");
    hidden.name = "frame-" + Math.random();
    document.body.append(hidden);
    return hidden.name;
  };
  ${script}
})(${JSON.stringify(api)}, ${JSON.stringify(String(id))}, ${JSON.stringify(json)})
  .then((read) => read ?? "", (error) => "blocked: " + error)`;
