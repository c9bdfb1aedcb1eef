/** A button that opens a menu of plain actions. Knows nothing about what they do. */
import { ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import { Button, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover } from "react-aria-components";

export interface MenuEntry {
  readonly id: string;
  readonly label: string;
  readonly detail?: string;
  readonly isOn?: boolean;
}

interface MenuButtonProps {
  readonly label: string;
  readonly children: ReactNode;
  readonly title?: string;
  readonly entries: readonly MenuEntry[];
  readonly onAction: (id: string) => void;
  readonly className?: string;
  readonly hasArrow?: boolean;
  readonly isDisabled?: boolean;
}

export function MenuButton(props: MenuButtonProps): ReactNode {
  const { label, children, title, entries, onAction, className = "route", hasArrow = true, isDisabled = false } = props;
  const chosen = entries.filter((entry) => entry.isOn === true).map((entry) => entry.id);
  const hasChoice = entries.some((entry) => entry.isOn !== undefined);
  const items = entries.map((entry) => (
    <MenuItem key={entry.id} id={entry.id} textValue={entry.label}>
      <span className="menu-label">{entry.label}</span>
      {entry.detail === undefined ? null : <span className="menu-detail">{entry.detail}</span>}
    </MenuItem>
  ));
  return (
    <MenuTrigger>
      <Button className={className} aria-label={label} isDisabled={isDisabled}>
        {children}
        {hasArrow ? <ChevronDown className="i" aria-hidden="true" /> : null}
      </Button>
      <Popover className="pop" offset={4}>
        <Menu
          className="menu"
          aria-label={label}
          {...(hasChoice ? { selectionMode: "single" as const, selectedKeys: chosen } : {})}
          onAction={(key) => onAction(String(key))}
        >
          {title === undefined ? (
            items
          ) : (
            <MenuSection>
              <Header className="menu-title">{title}</Header>
              {items}
            </MenuSection>
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
