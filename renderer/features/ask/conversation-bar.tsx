/** Above the conversation: which one it is, the earlier ones, a new one. */
import type { ReactNode } from "react";
import type { DocumentSummary } from "../../../engine/protocol/dto.ts";
import { useClient } from "../../engine/engine-context.tsx";
import { useCall } from "../../engine/use-call.ts";
import { report } from "../../state/notices.ts";
import { whenOpened } from "../../strings/numbers.ts";
import { words } from "../../strings/words.ts";
import { MenuButton } from "../../ui/menu-button.tsx";
import { useNow } from "../../ui/use-now.ts";
import { openChat, startConversation, useConversation } from "./ask-store.ts";
import { clip } from "./places.ts";

export function ConversationBar({ document }: { readonly document: DocumentSummary }): ReactNode {
  const client = useClient();
  const now = useNow();
  const { chatId, turns } = useConversation(document.id);
  const finished = turns.filter((turn) => turn.status !== "asking").length;
  const { data: chats = [] } = useCall("chat.list", { scope: [document.id] }, finished);
  const past = chats.filter((chat) => chat.turns > 0).toSorted((a, b) => b.createdAt - a.createdAt);
  const title = past.find((chat) => chat.id === chatId)?.title ?? turns[0]?.question ?? words.conversations;
  return (
    <div className="lbar">
      <MenuButton
        label={`${words.conversations}: ${title}`}
        className="plain strong"
        isDisabled={past.length === 0}
        entries={past.map((chat) => ({
          id: chat.id,
          label: clip(chat.title, 60),
          detail: whenOpened(chat.createdAt, now),
          isOn: chat.id === chatId,
        }))}
        onAction={(id) => {
          const chat = past.find((one) => one.id === id);
          if (chat !== undefined && client !== null) void openChat(client, document.id, chat).catch(report);
        }}
      >
        <span className="clip">{clip(title, 44)}</span>
      </MenuButton>
      <span className="grow" />
      <button
        type="button"
        className="plain"
        disabled={turns.length === 0}
        onClick={() => startConversation(document.id)}
      >
        {words.newConversation}
      </button>
    </div>
  );
}
