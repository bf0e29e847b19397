#include "GanrtRequestAvatar.h"

#include "Engine/Engine.h"
#include "Engine/GameInstance.h"
#include "Engine/Texture2D.h"
#include "Engine/World.h"
#include "GanrtAvatarsSubsystem.h"

UGanrtRequestAvatar* UGanrtRequestAvatar::RequestAvatar(UObject* WorldContextObject, const FString& Player, int32 Priority)
{
    UGanrtRequestAvatar* Action = NewObject<UGanrtRequestAvatar>();
    Action->Context = WorldContextObject;
    Action->Player = Player;
    Action->Priority = Priority;
    Action->RegisterWithGameInstance(WorldContextObject);
    return Action;
}

void UGanrtRequestAvatar::Activate()
{
    UWorld* World = GEngine->GetWorldFromContextObject(Context, EGetWorldErrorMode::LogAndReturnNull);
    UGameInstance* Game = World ? World->GetGameInstance() : nullptr;
    UGanrtAvatarsSubsystem* Avatars = Game ? Game->GetSubsystem<UGanrtAvatarsSubsystem>() : nullptr;
    if (!Avatars)
    {
        Finish(nullptr, TEXT("there is no game instance, which draws avatars"));
        return;
    }
    TWeakObjectPtr<UGanrtRequestAvatar> Self(this);
    Avatars->Request(Player, Priority, [Self](UTexture2D* Texture, const FString& Problem) {
        if (UGanrtRequestAvatar* Action = Self.Get())
            Action->Finish(Texture, Problem);
    });
}

void UGanrtRequestAvatar::Finish(UTexture2D* Texture, const FString& Problem)
{
    (Texture ? Ready : Failed).Broadcast(Texture, Problem);
    SetReadyToDestroy();
}
