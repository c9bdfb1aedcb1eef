/** The window: one screen, the banner of the connection, notices, palette, drop area. Owns nothing but their order. */
import { useEffect, type ReactNode } from "react";
import { I18nProvider } from "react-aria-components";
import { useClient, useConnection, useDismissRestart } from "./engine/engine-context.tsx";
import { useFollowLibrary } from "./engine/use-library.ts";
import { useDocument } from "./engine/use-library.ts";
import { DocumentScreen } from "./features/document/document-screen.tsx";
import { useKeys } from "./features/keys/use-keys.ts";
import { DropArea } from "./features/library/drop-area.tsx";
import { useImporting } from "./features/library/import-documents.ts";
import { LibraryScreen } from "./features/library/library-screen.tsx";
import { Palette } from "./features/palette/palette.tsx";
import { SettingsScreen } from "./features/settings/settings-screen.tsx";
import { closeNotice, report, useNotices } from "./state/notices.ts";
import { loadSettings } from "./state/settings.ts";
import { useView } from "./state/view.ts";
import { words } from "./strings/words.ts";
import { ErrorNotice, Notice } from "./ui/notice.tsx";

export function App(): ReactNode {
  const client = useClient();
  const { screen, documentId } = useView();
  const importing = useImporting();
  const title = useDocument(documentId)?.title;
  useFollowLibrary();
  useKeys(importing);
  useEffect(() => {
    if (client !== null) void loadSettings(client).catch(report);
  }, [client]);
  useEffect(() => {
    const name = screen === "settings" ? words.settings : screen === "document" ? title : undefined;
    document.title = name === undefined ? words.app : `${name} · ${words.app}`;
  }, [screen, title]);
  return (
    <I18nProvider locale={document.documentElement.lang || "en"}>
      <div className="window">
        <ConnectionBanner />
        {screen === "settings" ? <SettingsScreen /> : screen === "document" ? <DocumentScreen /> : <LibraryScreen />}
      </div>
      <Notices />
      <Palette />
      <DropArea />
    </I18nProvider>
  );
}

function ConnectionBanner(): ReactNode {
  const status = useConnection((state) => state.status);
  const error = useConnection((state) => state.error);
  const restarted = useConnection((state) => state.status === "ready" && state.epoch > state.seenEpoch);
  const dismiss = useDismissRestart();
  if (status === "refused" && error !== null) {
    return (
      <div className="banner">
        <ErrorNotice error={error} onAgain={() => window.location.reload()} />
      </div>
    );
  }
  if (status === "lost") {
    return (
      <div className="banner">
        <Notice kind="news" title={words.engineLost}>
          {words.engineLostRest}
        </Notice>
      </div>
    );
  }
  if (!restarted) return null;
  return (
    <div className="banner">
      <Notice kind="news" title={words.engineRestarted}>
        {words.engineRestartedRest}{" "}
        <button type="button" className="link" onClick={dismiss}>
          {words.close}
        </button>
      </Notice>
    </div>
  );
}

function Notices(): ReactNode {
  const errors = useNotices((state) => state.errors);
  if (errors.length === 0) return null;
  return (
    <div className="notices">
      {errors.map(({ key, error }) => (
        <ErrorNotice key={key} error={error} onClose={() => closeNotice(key)} />
      ))}
    </div>
  );
}
