// What is printed is a page of its own: the editor draws only what is on the screen, paper has all of it. It is put
// into the document when the browser is about to print and taken out again afterwards; files.css hides the rest.

interface Sheet {
  readonly title: string;
  readonly text: string;
}

/** Until the answer is called. */
export function printWhole(read: () => Sheet): () => void {
  let page: HTMLElement | null = null;
  const put = () => {
    const { title, text } = read();
    page?.remove();
    page = document.createElement("article");
    page.className = "print-page";
    const heading = document.createElement("h1");
    heading.textContent = title;
    const body = document.createElement("div");
    body.textContent = text;
    page.append(heading, body);
    document.body.append(page);
  };
  const take = () => {
    page?.remove();
    page = null;
  };
  addEventListener("beforeprint", put);
  addEventListener("afterprint", take);
  return () => {
    removeEventListener("beforeprint", put);
    removeEventListener("afterprint", take);
    take();
  };
}
