// The messages of a Jupyter kernel, as far as running cells needs them.

// A request to run code; `cell` is the cell's name, as notebooks send it.
export function executeRequest({ id, session, code, cell, date = new Date() }) {
  return {
    channel: "shell",
    header: {
      msg_id: id, session, username: "reader", date: date.toISOString(),
      msg_type: "execute_request", version: "5.4",
    },
    parent_header: {},
    metadata: { cellId: cell },
    content: {
      code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false,
      stop_on_error: false,
    },
    buffers: [],
  };
}

// The requests that wait for their end.
export class Requests {
  #waiting = new Map(); // by msg_id

  get size() {
    return this.#waiting.size;
  }

  // `onbusy` hears that the kernel has begun, `onoutput(type, content)` what it shows. Resolves to the reply.
  add(id, { onbusy, onoutput }) {
    return new Promise((resolve, reject) => this.#waiting.set(id, { onbusy, onoutput, resolve, reject }));
  }

  fail(error) {
    for (const request of this.#waiting.values()) request.reject(error);
    this.#waiting.clear();
  }

  // Takes a message of the kernel; returns the kernel's new state, if this message is a change of it.
  hear({ header, parent_header: parent, content }) {
    const { msg_type: type } = header;
    const state = type === "status" ? content.execution_state : null;
    if (state === "dead" || state === "restarting") return state;
    const request = this.#waiting.get(parent?.msg_id);
    if (!request) return null;
    if (state === "busy") request.onbusy();
    else if (state === "idle") request.idle = true;
    else if (type === "execute_reply") this.#reply(request, content);
    else if (type !== "status") request.onoutput(type, content);
    // Reply and idle come on different channels, in either order.
    if (!request.reply || !request.idle) return null;
    this.#waiting.delete(parent.msg_id);
    request.resolve(request.reply);
    return this.#waiting.size ? "busy" : "idle";
  }

  #reply(request, content) {
    request.reply = content;
    // Help that a cell asked for (`?name`) comes with the reply.
    for (const { source, data } of content.payload ?? []) {
      if (source === "page") request.onoutput("display_data", { data, metadata: {} });
    }
  }
}
