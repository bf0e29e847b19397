#pragma once

#include "CoreMinimal.h"
#include "Kismet/BlueprintAsyncActionBase.h"
#include "GanrtRequestAvatar.generated.h"

class UTexture2D;

DECLARE_DYNAMIC_MULTICAST_DELEGATE_TwoParams(FGanrtAvatarPin, UTexture2D*, Texture, const FString&, Problem);

/**
 * The Blueprint node Request Avatar: goes on at once, and along Ready or Failed in a later frame. Failed may also come at
 * once, before the node goes on: where there is no game instance, or the request is refused.
 */
UCLASS()
class GANRTAVATARS_API UGanrtRequestAvatar : public UBlueprintAsyncActionBase
{
    GENERATED_BODY()

public:
    UPROPERTY(BlueprintAssignable)
    FGanrtAvatarPin Ready;

    UPROPERTY(BlueprintAssignable)
    FGanrtAvatarPin Failed;

    /** The avatar of a player's name or id; higher priorities are drawn first. */
    UFUNCTION(BlueprintCallable, Category = "Avatars", meta = (BlueprintInternalUseOnly = "true", WorldContext = "WorldContextObject"))
    static UGanrtRequestAvatar* RequestAvatar(UObject* WorldContextObject, const FString& Player, int32 Priority = 0);

    virtual void Activate() override;

private:
    UPROPERTY()
    TObjectPtr<UObject> Context;

    FString Player;
    int32 Priority = 0;

    void Finish(UTexture2D* Texture, const FString& Problem);
};
