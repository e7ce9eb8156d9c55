// A shared list in React. The signalling server is the one that serves this page.
import { defineSchema, Identity, isBoolean, isString, list, lww, map } from "chirograph";
import { useSession, useValue } from "chirograph/react";
import { openSession, openStore, type Session } from "chirograph/sync";
import { type FormEvent, StrictMode } from "react";
import { createRoot } from "react-dom/client";

const schema = defineSchema({ todo: list(map({ what: lww(isString), done: lww(isBoolean) })) });
type Shared = Session<(typeof schema)["fields"]>;

const session: Shared = await openSession({
  identity: await Identity.open("example"),
  store: await openStore("example"),
  link: location.hash,
  signalling: new URL("signal", location.href).href.replace(/^http/, "ws").replace(/#.*$/, ""),
  schema,
});

function Page() {
  const { hasArrived, people, status } = useSession(session);
  if (!hasArrived) return <p>Waiting for somebody who has this list</p>;
  return (
    <>
      <List />
      <Add />
      <p role="status">
        {people.length === 1 ? "1 person" : `${people.length} people`}, {status.kind}
      </p>
    </>
  );
}

function List() {
  useValue(session.doc, ["todo"]);
  const reading = session.doc.read();
  if (!reading.ok) return <p>Somebody wrote what is no list</p>;
  const check = (index: number, done: boolean) =>
    session.doc.change(root => {
      const item = root.todo[index];
      if (item !== undefined) item.done = done;
    });
  return (
    <ul>
      {reading.value.todo.map(({ what, done }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an item has no name but its place
        <li key={index}>
          <label>
            <input
              type="checkbox"
              checked={done === true}
              onChange={event => check(index, event.target.checked)}
            />
            {what}
          </label>
        </li>
      ))}
    </ul>
  );
}

function Add() {
  const add = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const what = String(new FormData(event.currentTarget).get("what"));
    session.doc.change(root => root.todo.push({ what, done: false }));
    event.currentTarget.reset();
  };
  return (
    <form onSubmit={add}>
      <input name="what" aria-label="What to do" />
      <button type="submit">Add</button>
    </form>
  );
}

createRoot(document.querySelector("#main")!).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
await session.arrived();
history.replaceState(null, "", `#${await session.link()}`);
