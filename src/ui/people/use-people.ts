// The people of a document for what is drawn late.
import type { DocumentPeople, OpenDocument, PeopleState } from "../../sync/view.ts";
import { type Late, useLate } from "../use-late.ts";

export interface PeopleHere extends Omit<Late<DocumentPeople, PeopleState>, "here"> {
  readonly people: DocumentPeople | null;
}

const peopleOf = (document: OpenDocument) => document.people();

export function usePeople(document: OpenDocument): PeopleHere {
  const { here: people, ...rest } = useLate<PeopleState, DocumentPeople>(document, peopleOf);
  return { people, ...rest };
}
