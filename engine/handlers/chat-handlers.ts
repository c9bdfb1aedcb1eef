/** Answers about conversations and settings. */
import type { CallHandlers } from "../rpc/handlers.ts";
import type { LibraryStore } from "../store/types.ts";

type ChatHandlers = Pick<
  CallHandlers,
  "chat.list" | "chat.create" | "chat.turns" | "chat.remove" | "settings.get" | "settings.set"
>;

export function chatHandlers(store: LibraryStore): ChatHandlers {
  return {
    "chat.list": ({ scope }) => store.chats.list(scope),
    "chat.create": ({ title, scope }) => store.chats.create({ title, scope }),
    "chat.turns": ({ chatId }) => store.chats.turns(chatId),
    "chat.remove": ({ chatId }) => {
      store.chats.remove(chatId);
      return {};
    },
    "settings.get": () => store.settings.get(),
    "settings.set": (changes) => store.settings.set(changes),
  };
}
