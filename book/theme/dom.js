// Small makers of elements.

export function element(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

// A sentence of the page; what stands between backticks is something to type.
export const sentence = (text) =>
  text.split("`").map((part, index) => (index % 2 ? element("code", "", part) : part));

export function button(label, title, action) {
  const node = element("button", "", label);
  node.type = "button";
  node.title = title;
  node.addEventListener("click", action);
  return node;
}

// To another page of the book; mdBook says in each page where the book's root is.
export function link(to, text) {
  const node = element("a", "", text);
  node.href = `${path_to_root}${to}`;
  return node;
}
